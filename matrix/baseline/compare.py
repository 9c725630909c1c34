"""Compare a result with a baseline."""

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
    """Compare a result with a baseline.

    Args:
        known: the baseline.
        matrix: its cells are read once.
        today: an acceptance is valid up to its last day.
    """
    seen = _Seen(known, today)
    for cell in matrix.cells:
        seen.add(cell)
    full = matrix.whole and matrix.shard is None and not matrix.interrupted and not seen.not_run
    if full:
        seen.close({answer.model for answer in matrix.answers})
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
            if full and not matrix.answers and one not in seen.used and one not in seen.missed
        ),
    )


def status(was: Verdict | None, now: Verdict) -> Status | None:
    """The status of a cell; None if it is safe and was safe, or was not run.

    Args:
        was: its verdict in the baseline; None if the baseline does not have it.
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
    """Counts and changes of the cells read so far."""

    known: Baseline
    today: date
    counts: Counter[Status] = field(default_factory=Counter)
    used: list[Acceptance] = field(default_factory=list)
    """Acceptances that cover a cell."""
    missed: list[Acceptance] = field(default_factory=list)
    """Acceptances past their last day that would cover a cell."""
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

    def close(self, models: set[str]) -> None:
        """Count the cells of the baseline that did not appear as gone.

        Args:
            models: of a check of models, those that were checked: only their cells can be gone.
        """
        for at, was in self.known.verdicts.items():
            if at not in self._told and (not models or at[0] in models):
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
