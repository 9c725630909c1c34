"""The sandbox of processes that load untrusted files; it is tested before it is used.

This module imports nothing, because the launcher, which starts for every such process, must start
quickly.
"""
