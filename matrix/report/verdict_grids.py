"""The verdicts of a run by pipeline and format, one byte a cell.

Tables by release and by format are made of it, in reports that keep no cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from matrix.model import Cell, Environment, Verdict

ABSENT = 255
"""In a grid: no such cell."""
VERDICTS = tuple(Verdict)
"""By severity."""


@dataclass(slots=True)
class VerdictGrids:
    """For each pipeline and format, the verdicts by writer and reader."""

    environments: tuple[Environment, ...]
    severities: dict[tuple[str, str], bytearray] = field(default_factory=dict)
    """By pipeline and format: the severity for each writer (row) and reader (column), or ABSENT."""
    outputs: dict[tuple[str, str], int] = field(default_factory=dict)
    """By pipeline and format: the most outputs that were compared in one cell."""
    untrained: set[tuple[str, int]] = field(default_factory=set)
    """Pipelines, each with the place of a writer where it could not be trained or used: that no
    file was saved there says nothing of the format."""
    _position: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._position = {one.id: place for place, one in enumerate(self.environments)}

    def add(self, cell: Cell) -> None:
        """Note the verdict of a cell, and how many outputs were compared in it."""
        key = (cell.pipeline, cell.format)
        side = len(self.environments)
        grid = self.severities.get(key)
        if grid is None:
            grid = self.severities[key] = bytearray([ABSENT]) * (side * side)
            self.outputs[key] = 0
        writer, reader = self._position.get(cell.writer), self._position.get(cell.reader)
        if writer is not None and reader is not None:
            grid[writer * side + reader] = cell.verdict.severity
        before = cell.verdict is Verdict.NOT_SAVED and cell.stage not in ("", "save")
        if writer is not None and before:
            self.untrained.add((cell.pipeline, writer))
        self.outputs[key] = max(self.outputs[key], cell.n_identical + len(cell.outputs))

    def rows(self, pipeline: str, format_name: str) -> Iterator[tuple[int, bytearray]]:
        """Yield the place of each writer with the severities of its readers, in order."""
        side, grid = len(self.environments), self.severities[pipeline, format_name]
        for writer in range(side):
            yield writer, grid[writer * side : (writer + 1) * side]

    def only(self, pipeline: str, format_name: str) -> VerdictGrids:
        """Return the grid of one pipeline in one format, on its own."""
        key = (pipeline, format_name)
        return VerdictGrids(
            self.environments,
            severities={key: self.severities[key]},
            outputs={key: self.outputs[key]},
            untrained={one for one in self.untrained if one[0] == pipeline},
        )
