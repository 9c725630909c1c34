"""Causes in words, for every report that people read."""

from __future__ import annotations

from matrix import causes
from matrix.causes import KnownCause
from matrix.model import Cell
from matrix.report.sentences import counted
from matrix.report.summary import Summary


def known_cause(cell: Cell) -> KnownCause | None:
    """What is known of the cause of a cell; None if that is nothing."""
    return None if cell.cause is None else causes.by_id().get(cell.cause)


def share_known(summary: Summary) -> str:
    """How many of the cells that change or fail have a known cause."""
    known = sum(one.cells for one in summary.known_causes())
    tenths = known * 1000 // max(summary.bad, 1)  # 100 % is all of them
    what = counted(summary.bad, "bad cell")
    return f"{tenths / 10:.1f} % of {what} {'has' if summary.bad == 1 else 'have'} a known cause"


def unknown_left(summary: Summary) -> str:
    """How many have none that is known, and in how many groups; empty if all have."""
    known = summary.known_causes()
    left = summary.bad - sum(one.cells for one in known)
    if not left:
        return ""
    groups = len(summary.causes) - len(known)
    return f"unknown: {counted(left, 'cell')} in {counted(groups, 'group')}"


def since(cause: KnownCause) -> str:
    """Which release did it."""
    return f"since {cause.release}" if cause.since else "in every release"
