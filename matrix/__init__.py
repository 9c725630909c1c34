"""Tells whether a scikit-learn pipeline saved in one environment works, the same, in another."""

__version__ = "0.1.0"
