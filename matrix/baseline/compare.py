"""A result against what was known before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from matrix.baseline.baseline import Baseline, covering, covers
from matrix.baseline.ranges import blocks
from matrix.model import (
    Acceptance,
    Cell,
    CellChange,
    CellKey,
    Comparison,
    Group,
    Matrix,
    Status,
    Verdict,
)


def compare(known: Baseline, matrix: Matrix, today: date) -> Comparison:
    """Hold a result against what was known.

    Args:
        known: what was known, and is accepted.
        matrix: its cells are read once.
        today: an acceptance holds up to its last day.
    """
    seen = _Seen(known, today)
    for cell in matrix.cells:
        seen.add(cell)
    full = matrix.whole and matrix.shard is None and not matrix.interrupted and not seen.not_run
    if full:
        seen.close()
    over = [one for one in known.acceptances if one.until < today]
    return Comparison(
        against=known.source,
        full=full,
        counts={status: seen.counts[status] for status in Status},
        changes=seen.changes(),
        expired=tuple(one for one in over if full or one in seen.missed),
        stale=tuple(
            one
            for one in known.acceptances
            if full and one not in seen.used and one not in seen.missed
        ),
    )


def status(was: Verdict | None, now: Verdict) -> Status | None:
    """What a cell is, by what was known of it; None if it is safe and was, or was not run.

    Args:
        was: its verdict, if it was known not to be safe.
        now: its verdict.
    """
    if now is Verdict.NOT_RUN:
        return None
    if now.safe:
        return None if was is None else Status.FIXED
    if was is None:
        return Status.NEW
    if now.group is Group.UNKNOWN:
        return Status.STILL if was.group is Group.UNKNOWN else Status.GONE
    if was.group is Group.UNKNOWN:
        return Status.NEW
    quiet = was.group is Group.FAILS and now.group is Group.CHANGES
    return Status.WORSE if quiet or now.severity > was.severity else Status.STILL


_Kind = tuple[Status, str, str, Verdict | None, Verdict | None]


@dataclass
class _Seen:
    """What the cells that were read so far come to."""

    known: Baseline
    today: date
    counts: Counter[Status] = field(default_factory=Counter)
    used: list[Acceptance] = field(default_factory=list)
    """Those that cover a cell."""
    missed: list[Acceptance] = field(default_factory=list)
    """Those that would, but for the day."""
    not_run: int = 0
    _pairs: dict[_Kind, list[tuple[str, str]]] = field(default_factory=dict)
    _told: set[CellKey] = field(default_factory=set)

    def add(self, cell: Cell) -> None:
        self.not_run += cell.verdict is Verdict.NOT_RUN
        at = cell.key
        was = self.known.verdicts.get(at)
        if was is not None:
            self._told.add(at)
        found = status(was, cell.verdict)
        if found is None:
            return
        if not cell.verdict.safe and self._accepted(cell) and found.fails:
            found = Status.STILL
        self._count(found, at, was, cell.verdict)

    def close(self) -> None:
        """What was known and did not come is gone."""
        for at, was in self.known.verdicts.items():
            if at not in self._told:
                self._count(Status.GONE, at, was, None)

    def changes(self) -> tuple[CellChange, ...]:
        order = list(Status)
        found = [
            CellChange(
                status=status, pipeline=pipeline, format=format_, was=was, now=now, blocks=blocks(p)
            )
            for (status, pipeline, format_, was, now), p in self._pairs.items()
        ]
        return tuple(
            sorted(
                found,
                key=lambda one: (
                    order.index(one.status),
                    one.pipeline,
                    one.format,
                    -1 if one.now is None else one.now.severity,
                    -1 if one.was is None else one.was.severity,
                ),
            )
        )

    def _accepted(self, cell: Cell) -> bool:
        holding = list(covering(self.known.acceptances, cell, self.today))
        self.used += [one for one in holding if one not in self.used]
        if holding:
            return True
        over = (one for one in self.known.acceptances if covers(one, cell))
        self.missed += [one for one in over if one not in self.missed]
        return False

    def _count(self, found: Status, at: CellKey, was: Verdict | None, now: Verdict | None) -> None:
        self.counts[found] += 1
        if found is not Status.STILL:
            pipeline, format_, *pair = at
            kind = (found, pipeline, format_, was, now)
            self._pairs.setdefault(kind, []).append((pair[0], pair[1]))
