"""Judge what a model's own code may have written in the worker's stead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from matrix.judge.cells import Case, Fetch, judge
from matrix.model import Cell, Ending, Observation, Tolerance

UNREADABLE = (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""What reading a content may raise that no worker of ours has written."""


def judge_untrusted(case: Case, fetch: Fetch, tolerance: Callable[[str], Tolerance]) -> Cell:
    """The cell with its verdict; crashed where what was returned cannot be read at all.

    Args:
        case, fetch, tolerance: as in :func:`matrix.judge.judge`.
    """
    try:
        return judge(case, fetch, tolerance)
    except UNREADABLE as error:
        return unreadable(case, fetch, tolerance, error)


def unreadable(
    case: Case, fetch: Fetch, tolerance: Callable[[str], Tolerance], error: Exception
) -> Cell:
    """The cell of a case whose outputs cannot be read."""
    reason = f"what it returned cannot be read: {type(error).__name__}"
    ended = Observation(ending=Ending.CRASHED, reason=reason)
    return judge(replace(case, observation=ended), fetch, tolerance)
