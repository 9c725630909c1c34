"""Pipelines with known faults, which every run must find."""
