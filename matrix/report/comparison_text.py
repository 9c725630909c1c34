"""Sentences about the comparison of a result with a baseline, for all reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from matrix.baseline import ranges
from matrix.model import Acceptance, Cell, CellChange, Comparison, PairBlock, Status

PART = "Only part of the matrix was run: missing cells are not counted as gone."
_GLOBS = ("pipelines", "formats", "writers", "readers", "verdicts")


@dataclass(slots=True)
class CellStatuses:
    """Looks up the status of each cell compared with the baseline.

    Args:
        comparison: None if there is no baseline; then no cell has a status.
    """

    comparison: Comparison | None
    _changed: dict[tuple[str, str], list[tuple[Status, PairBlock]]] = field(default_factory=dict)
    """By pipeline and format."""

    def __post_init__(self) -> None:
        for change in () if self.comparison is None else self.comparison.changes:
            blocks = self._changed.setdefault((change.pipeline, change.format), [])
            blocks += [(change.status, block) for block in change.blocks]

    def of(self, cell: Cell) -> Status | None:
        """Return the status of a cell; None without a baseline, or if it is and was safe."""
        if self.comparison is None:
            return None
        for status, block in self._changed.get((cell.pipeline, cell.format), ()):
            if cell.writer in block.writers and cell.reader in block.readers:
                return status
        return Status.STILL if cell.verdict.group.unsafe else None

    def is_known(self, cell: Cell) -> bool:
        """Whether the cell is not safe, and the baseline has or accepts that."""
        return self.of(cell) is Status.STILL


def counts(comparison: Comparison) -> str:
    """Return the number of cells of each status, in one line."""
    return ", ".join(f"{comparison.counts.get(one, 0):,} {one.value}" for one in Status)


def what(change: CellChange) -> str:
    """Return the pipeline, its format, and its verdict before and now."""
    was = "unknown" if change.was is None else change.was.value
    now = "missing" if change.now is None else change.now.value
    return f"{change.pipeline} {change.format}: {was} → {now}"


def where(change: CellChange) -> str:
    """Return the environments of a change, in the notation of a baseline file."""
    parts = change.blocks
    ids = ranges.in_order(id_ for part in parts for id_ in (*part.writers, *part.readers))
    return ranges.written(parts, ranges.names(ids))


def acceptances(comparison: Comparison) -> list[str]:
    """Return one line for each acceptance that has expired or matches nothing."""
    found = [(one, "expired") for one in comparison.expired]
    found += [(one, "matches no cell any more") for one in comparison.stale]
    return [f"acceptance {problem}: {_acceptance(one)}" for one, problem in found]


def _acceptance(one: Acceptance) -> str:
    globs = [f"{name} {getattr(one, name)}" for name in _GLOBS if getattr(one, name) != "*"]
    return f"{', '.join(globs)}; until {one.until}: {one.reason}"
