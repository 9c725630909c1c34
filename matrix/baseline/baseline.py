"""What was known before a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from matrix.baseline.ranges import short
from matrix.model import Acceptance, Cell, CellKey, Matrix, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """All cells that were not safe, with their verdicts, and what is accepted besides."""

    source: str
    """The file that says so."""
    verdicts: Mapping[CellKey, Verdict]
    acceptances: tuple[Acceptance, ...] = ()


def of_matrix(matrix: Matrix, source: str) -> Baseline:
    """What a result knows."""
    unsafe = {cell.key: cell.verdict for cell in matrix.cells if not cell.verdict.safe}
    return Baseline(source=source, verdicts=unsafe)


def updated(old: Baseline | None, matrix: Matrix, source: str, today: date) -> Baseline:
    """What is to be known from now on.

    Of a part of the matrix, what it says nothing of stays as it was. What an acceptance that still
    holds covers is left to it.

    Args:
        old: what was known before; its acceptances stay.
        matrix: the result that is taken for good.
        source: the file that will say so.
        today: decides which acceptances hold.
    """
    kept = old or Baseline(source=source, verdicts={})
    verdicts: dict[CellKey, Verdict] = {}
    if not (matrix.whole and matrix.shard is None):
        verdicts.update(kept.verdicts)
    for cell in matrix.cells:
        verdicts.pop(cell.key, None)
        if not cell.verdict.safe and not any(covering(kept.acceptances, cell, today)):
            verdicts[cell.key] = cell.verdict
    return Baseline(source=source, verdicts=verdicts, acceptances=kept.acceptances)


def covering(acceptances: Iterable[Acceptance], cell: Cell, today: date) -> Iterable[Acceptance]:
    """Those that hold today and speak of a cell."""
    return (one for one in acceptances if one.until >= today and covers(one, cell))


def covers(acceptance: Acceptance, cell: Cell) -> bool:
    """Whether an acceptance speaks of a cell, whatever the day."""
    return (
        fnmatchcase(cell.pipeline, acceptance.pipelines)
        and fnmatchcase(cell.verdict.value, acceptance.verdicts)
        and fnmatchcase(cell.format, acceptance.formats)
        and _names(acceptance.writers, cell.writer)
        and _names(acceptance.readers, cell.reader)
    )


def _names(glob: str, environment: str) -> bool:
    return fnmatchcase(environment, glob) or fnmatchcase(short(environment), glob)
