"""A result against what was known before it, in words that every report for people shares."""

from __future__ import annotations

from dataclasses import dataclass, field

from matrix.baseline import ranges
from matrix.model import Acceptance, Cell, CellChange, Comparison, Group, PairBlock, Status

PART = "Only a part was run: what is not there is not counted as gone."
_GLOBS = ("pipelines", "formats", "writers", "readers", "verdicts")


@dataclass(slots=True)
class CellStatuses:
    """What each cell is against what was known.

    Args:
        comparison: None if nothing was known: then no cell has a status.
    """

    comparison: Comparison | None
    _changed: dict[tuple[str, str], list[tuple[Status, PairBlock]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for change in () if self.comparison is None else self.comparison.changes:
            listed = self._changed.setdefault((change.pipeline, change.format), [])
            listed += [(change.status, block) for block in change.blocks]

    def of(self, cell: Cell) -> Status | None:
        """Its status; None if it is safe and was, or nothing is known of it."""
        if self.comparison is None:
            return None
        for status, block in self._changed.get((cell.pipeline, cell.format), ()):
            if cell.writer in block.writers and cell.reader in block.readers:
                return status
        return Status.STILL if cell.verdict.group in (Group.CHANGES, Group.FAILS) else None

    def excuses(self, cell: Cell) -> bool:
        """Whether it is not safe, and was known or is accepted to be so."""
        return self.of(cell) is Status.STILL


def counts(comparison: Comparison) -> str:
    """The five counts in a line."""
    return ", ".join(f"{comparison.counts.get(one, 0):,} {one.value}" for one in Status)


def what(change: CellChange) -> str:
    """Which pipeline, and what became of it."""
    was = "not known" if change.was is None else change.was.value
    now = "not there" if change.now is None else change.now.value
    return f"{change.pipeline} {change.format}: {was} → {now}"


def where(change: CellChange) -> str:
    """Which environments, as a baseline writes it."""
    parts = change.blocks
    ids = ranges.in_order(id_ for part in parts for id_ in (*part.writers, *part.readers))
    return ranges.written(parts, ranges.names(ids))


def acceptances(comparison: Comparison) -> list[str]:
    """Those that are to be cleared up, a line each."""
    found = [(one, "holds no longer") for one in comparison.expired]
    found += [(one, "covers nothing any more") for one in comparison.stale]
    return [f"an acceptance {why}: {_said(one)}" for one, why in found]


def _said(one: Acceptance) -> str:
    said = [f"{name} {getattr(one, name)}" for name in _GLOBS if getattr(one, name) != "*"]
    return f"{', '.join(said)}; until {one.until}: {one.reason}"
