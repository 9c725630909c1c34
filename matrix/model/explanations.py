"""Why a cell has its verdict, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from matrix.model.cells import CellKey


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplanationPoint:
    """One section of an explanation."""

    heading: str
    """One or two words: ``Why``, ``Since``, ``Where``."""
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why a cell has its verdict, and what to do, as far as it is known."""

    pipeline: str
    format: str
    writer: str
    reader: str
    answer: str
    """One line."""
    points: tuple[ExplanationPoint, ...] = ()

    @property
    def key(self) -> CellKey:
        """What identifies the cell."""
        return self.pipeline, self.format, self.writer, self.reader
