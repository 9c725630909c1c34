"""What an upgrade check answers of a saved model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model.differences import RowChange
from matrix.model.verdicts import Group


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelAnswer:
    """What an upgrade check says of one saved model; its cells are the evidence."""

    model: str
    """The id of its pipeline."""
    sha256: str
    """Of its file; empty if that could not be read."""
    origin: str
    """The id of the environment that it comes from; empty if that is not known."""
    group: Group
    """The worst of its targets; unknown if nothing can be told."""
    answer: str
    """In a line of words."""
    problem: str = ""
    """Why nothing can be told; empty if something can."""
    pin: str = ""
    """The requirement to write; empty if none can be advised."""
    safe: tuple[str, ...] = ()
    """The releases that were run and are safe without a gap, ascending."""
    first_bad: str = ""
    """The first release above these that is not safe, or is not known to be; empty if none."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """How many rows of which kind it stands on."""
    worst: Mapping[str, tuple[RowChange, ...]] = field(default_factory=dict)
    """By environment, the rows that changed most."""
    sandbox: str = ""
    """What held it while it was asked, and what that holds, in words; empty if it was not asked."""
