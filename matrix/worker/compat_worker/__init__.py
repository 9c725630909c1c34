"""The modules of the worker process; ``worker.py`` beside this folder defines its protocol.

Everything here runs in the target environment: Python 3.6 syntax, the standard library, numpy,
joblib, and scipy and pandas where a value is theirs. Nothing from ``matrix``.
"""
