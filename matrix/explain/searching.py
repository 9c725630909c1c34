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
    find_culprit,
    find_first_bad,
    find_remedies,
)
from matrix.remedies.fixes_from_diagnosis import fixes_of

_FAULT, _SINCE, _WAY_OUT = "Fault", "Since", "Way out"
SEARCHED = frozenset({_FAULT, _SINCE, _WAY_OUT})
"""The headings of what is searched for."""


def search(
    experiment: Experiment, subject: Subject, cell: Cell, diagnosis: Diagnosis | None = None
) -> Iterator[ExplanationPoint]:
    """The points of a story that were run and compared, each as soon as it is known.

    Args:
        experiment: asks, and makes environments.
        subject: the file, where it comes from and where it goes.
        cell: what it gives there: it changes or fails.
        diagnosis: what was seen inside its file; what that lacks is tried.
    """
    culprit = find_culprit(experiment, subject, cell)
    yield ExplanationPoint(heading=_FAULT, lines=(culprit.words,))
    first_bad = find_first_bad(experiment, subject, culprit)
    if first_bad is not None:
        yield ExplanationPoint(heading=_SINCE, lines=(first_bad.words,))
    given = () if diagnosis is None else fixes_of(diagnosis)
    ways = find_remedies(
        experiment, subject, cell, culprit=culprit, first_bad=first_bad, given=given
    )
    yield ExplanationPoint(heading=_WAY_OUT, lines=tuple(_lines(ways, first_bad)))


def _lines(ways: Remedies, first_bad: FirstBad | None) -> Iterator[str]:
    for way in ways.found:
        yield way.words
    for tried in ways.tried:
        yield f"tried, and leads nowhere: {tried}"
    if first_bad is None:
        yield "the first bad release could not be told, so no pin is advised"
