"""Whose fault a cell is, since when, and the ways out: what takes environments to find out."""

from __future__ import annotations

from collections.abc import Iterator

from matrix.diagnosis import Diagnosis
from matrix.model import Cell, Point
from matrix.wayout import Inquiry, Since, Subject, Ways, find_fault, find_since, ways_out
from matrix.wayout.given import mends_of

_FAULT, _SINCE, _WAY_OUT = "Fault", "Since", "Way out"
SEARCHED = frozenset({_FAULT, _SINCE, _WAY_OUT})
"""The headings of what is searched for."""


def search(
    inquiry: Inquiry, subject: Subject, cell: Cell, diagnosis: Diagnosis | None = None
) -> Iterator[Point]:
    """The points of a story that were run and compared, each as soon as it is known.

    Args:
        inquiry: asks, and makes environments.
        subject: the file, where it comes from and where it goes.
        cell: what it gives there: it changes or fails.
        diagnosis: what was seen inside its file; what that lacks is tried.
    """
    blame = find_fault(inquiry, subject, cell)
    yield Point(heading=_FAULT, lines=(blame.words,))
    since = find_since(inquiry, subject, blame)
    if since is not None:
        yield Point(heading=_SINCE, lines=(since.words,))
    given = () if diagnosis is None else mends_of(diagnosis)
    ways = ways_out(inquiry, subject, cell, blame=blame, since=since, given=given)
    yield Point(heading=_WAY_OUT, lines=tuple(_lines(ways, since)))


def _lines(ways: Ways, since: Since | None) -> Iterator[str]:
    for way in ways.found:
        yield way.words
    for tried in ways.tried:
        yield f"tried, and leads nowhere: {tried}"
    if since is None:
        yield "the first bad release could not be told, so no pin is advised"
