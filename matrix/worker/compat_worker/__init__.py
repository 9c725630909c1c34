"""The worker's own rooms; see ``worker.py`` beside this folder for what crosses the border.

Everything here runs in the target environment: Python 3.6 syntax, the standard library, numpy,
joblib, and scipy and pandas where a value is theirs. Nothing from ``matrix``.
"""
