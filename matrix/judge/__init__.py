"""Observations become verdicts. Pure: nothing here runs a model, reads a file or words a report."""

from matrix.judge.cells import judge
from matrix.judge.tolerance import Tolerance

__all__ = ["Tolerance", "judge"]
