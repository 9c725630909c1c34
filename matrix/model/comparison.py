"""A result compared with a baseline."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from matrix.model.verdicts import Verdict


class Status(str, enum.Enum):
    """What a cell that is not safe, or was not, is against what was known before."""

    NEW = "new"
    """It is not safe, and was not known not to be."""
    WORSE = "worse"
    """It was known not to be safe, and is further down the list of verdicts; or it failed, and
    silently gives something else now."""
    FIXED = "fixed"
    """It was known not to be safe, and is."""
    STILL = "still"
    """It is as it was known, or less bad, or accepted."""
    GONE = "gone"
    """It was known to be bad, and cannot be told any more, or is not there."""

    @property
    def fails(self) -> bool:
        """Whether a gate is to stop at it."""
        return self in (Status.NEW, Status.WORSE)


@dataclass(frozen=True, kw_only=True, slots=True)
class PairBlock:
    """Pairs of environments: each of the writers with each of the readers."""

    writers: tuple[str, ...]
    readers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.writers) * len(self.readers)


@dataclass(frozen=True, kw_only=True, slots=True)
class CellChange:
    """Cells of one pipeline and format that all became the same from the same."""

    status: Status
    pipeline: str
    format: str
    was: Verdict | None
    """None: it was not known, so it was safe or not there."""
    now: Verdict | None
    """None: it is not there."""
    blocks: tuple[PairBlock, ...]

    @property
    def cells(self) -> int:
        return sum(map(len, self.blocks))


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """Cells that someone accepts as they are, until a day; each glob is over ids."""

    reason: str
    until: date
    """The last day that it holds."""
    pipelines: str = "*"
    formats: str = "*"
    writers: str = "*"
    readers: str = "*"
    verdicts: str = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A result against what was known before it."""

    against: str
    """The file that says so."""
    full: bool
    """False where only a part was run: then what is not there is not counted as gone."""
    counts: Mapping[Status, int]
    changes: tuple[CellChange, ...] = ()
    """All but those that are still as they were; the statuses in order, then by pipeline."""
    expired: tuple[Acceptance, ...] = ()
    """Those that hold no longer; of a part, only those that would have covered a cell."""
    stale: tuple[Acceptance, ...] = ()
    """Those that cover no cell any more; only a full run can tell."""

    @property
    def fails(self) -> bool:
        return any(count for status, count in self.counts.items() if status.fails)
