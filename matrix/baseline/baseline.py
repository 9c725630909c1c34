"""The data of a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from matrix.baseline.ranges import short
from matrix.model import Acceptance, Cell, CellKey, Matrix, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """All cells that were not safe, with their verdicts, and the acceptances."""

    source: str
    """The file of the baseline."""
    verdicts: Mapping[CellKey, Verdict]
    acceptances: tuple[Acceptance, ...] = ()


def of_matrix(matrix: Matrix, source: str) -> Baseline:
    """A result as a baseline."""
    unsafe = {cell.key: cell.verdict for cell in matrix.cells if not cell.verdict.safe}
    return Baseline(source=source, verdicts=unsafe)


def updated(old: Baseline | None, matrix: Matrix, source: str, today: date) -> Baseline:
    """A new baseline from a result.

    If the result is a part of the matrix, cells outside it stay as they are; of a check of models,
    those of other pipelines and models. Cells that a valid acceptance covers are left out.

    Args:
        old: the baseline before; its acceptances stay.
        matrix: the result to record.
        source: the file of the new baseline.
        today: decides which acceptances are valid.
    """
    kept = old or Baseline(source=source, verdicts={})
    verdicts: dict[CellKey, Verdict] = {}
    if matrix.answers:
        checked = {answer.model for answer in matrix.answers}
        verdicts.update({at: one for at, one in kept.verdicts.items() if at[0] not in checked})
    elif not (matrix.whole and matrix.shard is None):
        verdicts.update(kept.verdicts)
    for cell in matrix.cells:
        verdicts.pop(cell.key, None)
        if not cell.verdict.safe and not any(covering(kept.acceptances, cell, today)):
            verdicts[cell.key] = cell.verdict
    return Baseline(source=source, verdicts=verdicts, acceptances=kept.acceptances)


def covering(acceptances: Iterable[Acceptance], cell: Cell, today: date) -> Iterable[Acceptance]:
    """The acceptances that are valid today and cover a cell."""
    return (one for one in acceptances if one.until >= today and covers(one, cell))


def covers(acceptance: Acceptance, cell: Cell) -> bool:
    """Whether an acceptance covers a cell, independent of the day."""
    return (
        fnmatchcase(cell.pipeline, acceptance.pipelines)
        and fnmatchcase(cell.verdict.value, acceptance.verdicts)
        and fnmatchcase(cell.format, acceptance.formats)
        and _names(acceptance.writers, cell.writer)
        and _names(acceptance.readers, cell.reader)
    )


def _names(glob: str, environment: str) -> bool:
    return fnmatchcase(environment, glob) or fnmatchcase(short(environment), glob)
