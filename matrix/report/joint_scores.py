"""The scores that moved in an upgrade check, one line for each model, to stand below the grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matrix.model import Cell, Matrix, ModelAnswer
from matrix.report.score_words import changed


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedScores:
    """The most important scores of a model, before saving and in the newest release where they
    moved."""

    model: str
    release: str
    """The releases, for people."""
    text: str
    """``recall of spam 1.000 → 0.000, accuracy 1.000 → 0.980``."""


def moved_scores(matrix: Matrix) -> Iterator[MovedScores]:
    """Yield the scores of each model of which one moved by more than the margin."""
    scored = {
        (cell.pipeline, cell.reader): cell for cell in matrix.cells if cell.before is not None
    }
    for answer in matrix.answers if scored else ():
        found = _newest(answer, scored, matrix.score_margin)
        if found is not None:
            yield found


def _newest(
    answer: ModelAnswer, scored: dict[tuple[str, str], Cell], margin: float
) -> MovedScores | None:
    for outcome in reversed(answer.outcomes):
        cells = (scored.get((answer.model, reader)) for reader in outcome.readers[:1])
        for cell in cells:
            moved = [] if cell is None else [one for one in changed(cell) if one.moved(margin)]
            if moved:
                text = ", ".join(map(str, moved))
                return MovedScores(model=answer.model, release=outcome.name, text=text)
    return None
