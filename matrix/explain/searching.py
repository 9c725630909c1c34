"""Find the culprit package, its first bad release and remedies, which takes environments."""

from __future__ import annotations

from collections.abc import Iterator

from matrix.diagnosis import Diagnosis
from matrix.model import Cell, ExplanationPoint, Group
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
from matrix.worker.compat_worker.formats import READABLE

_CULPRIT, _FIRST_BAD, _REMEDIES = "Culprit", "First bad", "Remedies"
CONVERTED = ExplanationPoint(
    heading=_REMEDIES,
    lines=(
        "a converted file is not searched for remedies, because it cannot be saved again: convert "
        "the model anew, or use another release of the runtime",
    ),
)
"""Stands in place of a search, which :func:`is_converted` rules out."""
SEARCHED = frozenset({_CULPRIT, _FIRST_BAD, _REMEDIES})
"""The headings of the points that a search finds."""


def is_converted(cell: Cell) -> bool:
    """Whether the file of a cell was converted for a runtime, which cannot save it again."""
    return bool(READABLE[cell.format].methods)


def search(
    experiment: Experiment, subject: Subject, cell: Cell, diagnosis: Diagnosis | None = None
) -> Iterator[ExplanationPoint]:
    """The points of an explanation that need runs, each as soon as it is known.

    Args:
        experiment: makes environments, and loads and saves files there.
        subject: the file, its writer and its reader.
        cell: its cell in the reader: it changes, fails or is limited.
        diagnosis: what was seen inside the file; fixes that follow from it are tried.
    """
    if is_converted(cell):
        yield CONVERTED
        return
    culprit = find_culprit(experiment, subject, cell)
    yield ExplanationPoint(heading=_CULPRIT, lines=(culprit.words,))
    limited = cell.verdict.group is Group.LIMITED
    first_bad = find_first_bad(experiment, subject, culprit, limited=limited)
    if first_bad is not None:
        yield ExplanationPoint(heading=_FIRST_BAD, lines=(first_bad.words,))
    given = () if diagnosis is None else fixes_of(diagnosis)
    remedies = find_remedies(
        experiment, subject, cell, culprit=culprit, first_bad=first_bad, given=given
    )
    yield ExplanationPoint(heading=_REMEDIES, lines=tuple(_lines(remedies, first_bad)))


def _lines(remedies: Remedies, first_bad: FirstBad | None) -> Iterator[str]:
    for remedy in remedies.found:
        yield remedy.words
    for tried in remedies.tried:
        yield f"tried without success: {tried}"
    if first_bad is None:
        yield "the first bad release is unknown, so no pin is advised"
