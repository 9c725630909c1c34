"""Whose fault a cell is, since when, and the ways out: what takes environments to find out."""

from __future__ import annotations

from collections.abc import Iterator

from matrix.diagnosis import Diagnosis
from matrix.model import Cell, ExplanationPoint
from matrix.remedies import (
    Experiment,
    FirstBad,
    Remedies,
    Subject,
    find_fault,
    find_since,
    ways_out,
)
from matrix.remedies.fixes_from_diagnosis import mends_of

_FAULT, _SINCE, _WAY_OUT = "Fault", "Since", "Way out"
SEARCHED = frozenset({_FAULT, _SINCE, _WAY_OUT})
"""The headings of what is searched for."""


def search(
    inquiry: Experiment, subject: Subject, cell: Cell, diagnosis: Diagnosis | None = None
) -> Iterator[ExplanationPoint]:
    """The points of a story that were run and compared, each as soon as it is known.

    Args:
        inquiry: asks, and makes environments.
        subject: the file, where it comes from and where it goes.
        cell: what it gives there: it changes or fails.
        diagnosis: what was seen inside its file; what that lacks is tried.
    """
    blame = find_fault(inquiry, subject, cell)
    yield ExplanationPoint(heading=_FAULT, lines=(blame.words,))
    since = find_since(inquiry, subject, blame)
    if since is not None:
        yield ExplanationPoint(heading=_SINCE, lines=(since.words,))
    given = () if diagnosis is None else mends_of(diagnosis)
    ways = ways_out(inquiry, subject, cell, blame=blame, since=since, given=given)
    yield ExplanationPoint(heading=_WAY_OUT, lines=tuple(_lines(ways, since)))


def _lines(ways: Remedies, since: FirstBad | None) -> Iterator[str]:
    for way in ways.found:
        yield way.words
    for tried in ways.tried:
        yield f"tried, and leads nowhere: {tried}"
    if since is None:
        yield "the first bad release could not be told, so no pin is advised"
