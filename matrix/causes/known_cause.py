"""What a known cause is, and how its cells are told from others."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet

from matrix.model import Group


class Direction(str, enum.Enum):
    """Which way a file goes over the release at which a cause lies."""

    UPGRADE = "upgrade"
    """Saved before it, loaded by it or later."""
    ROLLBACK = "rollback"
    """Saved by it or later, loaded before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A package, or ``python``, and versions of it."""

    package: str
    versions: SpecifierSet

    def __str__(self) -> str:
        return f"{self.package}{self.versions}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What a cell must show; all that is said must hold, and what is empty says nothing."""

    group: Group
    """``silently changes`` or ``fails``."""
    stages: tuple[str, ...] = ()
    """Globs over where the verdict was decided."""
    exceptions: tuple[str, ...] = ()
    """Classes as they are told, one of which was raised."""
    message: re.Pattern[str] | None = None
    """Found in what was raised; for a change, in what is noted of the method that it shows in."""
    frame: re.Pattern[str] | None = None
    """Found in ``folder/file.py:function`` of the last line of the traceback."""
    estimators: tuple[str, ...] = ()
    """Names of classes of scikit-learn, one of which is in the model."""
    formats: tuple[str, ...] = ()
    """Globs."""
    share: float = 1.0
    """Of the rows, how many may differ at most in the method that a change shows in."""
    direction: Direction | None = None
    """None: both ways."""
    writer: tuple[Condition, ...] = ()
    reader: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A cell of the default matrix that has the cause."""

    pipeline: str
    writer: str
    """The id of an environment."""
    reader: str
    format: str = "joblib"


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownCause:
    """Why cells are not safe: what changed, since when, and what to do."""

    id: str
    """Names the thing that changed, and the release."""
    title: str
    explanation: str
    """In two sentences: what changed inside, and what it does to a saved model."""
    advice: str
    package: str
    """The distribution that changed, or ``python``; empty for what no release did."""
    since: str
    """The first release that has it; empty for what no release did."""
    links: tuple[str, ...]
    signatures: tuple[Signature, ...]
    """One of which must hold."""
    example: Example

    @property
    def release(self) -> str:
        """The package and the release, for people; empty for what no release did."""
        return f"{self.package} {self.since}".strip()
