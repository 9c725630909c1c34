"""The verdict on outputs that a model's own code may have written in place of the worker."""

from __future__ import annotations

from dataclasses import replace

from matrix.judge.cells import Case, judge
from matrix.model import Cell, Ending, Observation, Tolerance

UNREADABLE = (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""What the judge may raise for contents that no worker of ours has written."""


def unreadable(case: Case, error: Exception) -> Cell:
    """The cell of a case whose outputs cannot be read: crashed.

    Args:
        case: the observation is replaced.
        error: what reading or comparing its outputs raised.
    """
    reason = f"what it returned cannot be read: {type(error).__name__}"
    ended = Observation(ending=Ending.CRASHED, reason=reason)
    return judge(replace(case, observation=ended), _never, lambda _: Tolerance())


def _never(digest: str) -> bytes:
    raise AssertionError("a crash has no outputs to fetch")
