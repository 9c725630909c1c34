"""Observations become verdicts. Pure: nothing here runs a model, reads a file or words a report."""

from matrix.judge.cells import Case, judge

__all__ = ["Case", "judge"]
