"""Counts cells and states the limits of a result, for all reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from matrix.model import Cell, Group, Matrix, Verdict
from matrix.report import passed_over, row_evidence
from matrix.report.compared_methods import partly_compared
from matrix.report.verdict_words import limits


@dataclass(slots=True)
class Tally:
    """Counts cells by verdict, and records on how many rows outputs were compared."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    rows: set[int] = field(default_factory=set)
    """The smallest and the largest number; known only for cells where an output differs."""

    def add(self, cell: Cell) -> None:
        """Count one more cell."""
        self.verdicts[cell.verdict] += 1
        if cell.outputs:
            self._compared(output.n for output in cell.outputs.values())

    def groups(self) -> dict[Group, int]:
        """Return the number of cells of each group; they add up to the total."""
        found = dict.fromkeys(Group, 0)
        for verdict, count in self.verdicts.items():
            found[verdict.group] += count
        return found

    def notice(self, matrix: Matrix) -> tuple[str, ...]:
        """Return the limits as sentences, and what was passed over.

        All cells of the matrix must have been added.
        """
        self._compared(sum(answer.rows.values()) for answer in matrix.answers)
        stated = limits(
            cells=self.verdicts.total(),
            unknown=self.groups()[Group.UNKNOWN],
            not_run=self.verdicts[Verdict.NOT_RUN],
            interrupted=matrix.interrupted,
            rows=(min(self.rows), max(self.rows)) if self.rows else None,
        )
        stated = (*stated, *partly_compared(_formats(matrix)), *row_evidence.sentences(matrix))
        return (*stated, *passed_over.sentences(matrix.passed_over))

    def _compared(self, rows: Iterable[int]) -> None:
        self.rows.update(n for n in rows if n)
        if len(self.rows) > 2:
            self.rows = {min(self.rows), max(self.rows)}


def _formats(matrix: Matrix) -> set[str]:
    return {name for pipeline in matrix.pipelines for name in pipeline.formats}


def tally(matrix: Matrix) -> Tally:
    """Count all cells of a matrix."""
    found = Tally()
    for cell in matrix.cells:
        found.add(cell)
    return found
