"""A result compared with a baseline."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from matrix.model.verdicts import Verdict


class Status(str, enum.Enum):
    """How a cell compares with a baseline."""

    NEW = "new"
    """It is not safe, and the baseline does not have it."""
    WORSE = "worse"
    """The baseline has it with a less severe verdict; or it failed, and now predicts differently
    without an error."""
    FIXED = "fixed"
    """The baseline has it as not safe, and it is safe now."""
    STILL = "still"
    """It is as in the baseline, or less severe, or accepted."""
    GONE = "gone"
    """The baseline has it, and its verdict is unknown now, or the cell no longer exists."""

    @property
    def fails(self) -> bool:
        """Whether a gate fails because of it."""
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
    """Cells of one pipeline and format with the same verdict before and the same now."""

    status: Status
    pipeline: str
    format: str
    was: Verdict | None
    """None if the baseline does not have it: it was safe, or did not exist."""
    now: Verdict | None
    """None if the cell no longer exists."""
    blocks: tuple[PairBlock, ...]

    @property
    def cells(self) -> int:
        return sum(map(len, self.blocks))


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """Cells that someone accepts until a day; each glob is matched against ids."""

    reason: str
    until: date
    """The last day on which it is valid."""
    pipelines: str = "*"
    formats: str = "*"
    writers: str = "*"
    readers: str = "*"
    verdicts: str = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A result compared with a baseline."""

    against: str
    """The file of the baseline."""
    full: bool
    """False if only a part was run: missing cells do not count as gone then."""
    counts: Mapping[Status, int]
    changes: tuple[CellChange, ...] = ()
    """All changes but ``still``, in the order of the statuses, then by pipeline."""
    expired: tuple[Acceptance, ...] = ()
    """Acceptances past their last day; for a part, only those that would cover a cell."""
    stale: tuple[Acceptance, ...] = ()
    """Acceptances that no longer cover a cell; only a full run shows them."""

    @property
    def fails(self) -> bool:
        return any(count for status, count in self.counts.items() if status.fails)
