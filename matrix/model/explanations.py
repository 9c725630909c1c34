"""Why a cell has its verdict, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from matrix.model.cells import CellKey


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplanationPoint:
    """One thing that a story tells."""

    heading: str
    """In a word or two: ``Why``, ``Since``, ``Where``."""
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why a cell is as it is, and what to do, as far as that was found out."""

    pipeline: str
    format: str
    writer: str
    reader: str
    answer: str
    """In a line."""
    points: tuple[ExplanationPoint, ...] = ()

    @property
    def key(self) -> CellKey:
        """What identifies the cell."""
        return self.pipeline, self.format, self.writer, self.reader
