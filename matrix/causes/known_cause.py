"""Data of a known cause, and of the signatures that identify its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from packaging.specifiers import SpecifierSet

from matrix.model import Direction, Group

_NAME = re.compile(r"[\w.]*_[\w.]*")


CROSSINGS = (Direction.UPGRADE, Direction.ROLLBACK)
"""The directions in which a file crosses the release of a cause."""


@dataclass(frozen=True, slots=True)
class LaterCompiled:
    """A regular expression that is compiled when it is first used: of 380 in the file of causes a
    command uses few, and to compile all takes a third of the time in which the file is read."""

    pattern: str

    def search(self, text: str) -> re.Match[str] | None:
        """As :meth:`re.Pattern.search`."""
        return _compiled(self.pattern).search(text)


Pattern = re.Pattern[str] | LaterCompiled
"""What a text is searched with."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A package, or ``python``, and a set of its versions."""

    package: str
    versions: SpecifierSet

    def __str__(self) -> str:
        return f"{self.package}{self.versions}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """Conditions on a cell; all must hold, and an empty one holds always."""

    group: Group
    """``silently changes`` or ``fails``."""
    stages: tuple[str, ...] = ()
    """Globs; the stage that decided the verdict must match one."""
    exceptions: tuple[str, ...] = ()
    """Names of exception classes; one of them was raised."""
    message: Pattern | None = None
    """Found in the message of the exception; for a change, in the note of the deciding method."""
    frame: Pattern | None = None
    """Found in ``folder/file.py:function`` of the last frame of the traceback."""
    table: Pattern | None = None
    """Found in what the reader's pandas makes otherwise of the same data, as in ``Cell.reason``:
    ``column city, rows 3, 8: None → nan``. None for cells whose model changes or fails itself."""
    estimators: tuple[str, ...] = ()
    """Names of classes of scikit-learn or another known library; the model has one of them."""
    formats: tuple[str, ...] = ()
    """Globs; the format must match one."""
    share: float = 1.0
    """Largest fraction of rows that differ in the deciding method, above 0 and at most 1."""
    direction: Direction | None = None
    """None means both."""
    writer: tuple[Condition, ...] = ()
    reader: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A cell that has the cause."""

    pipeline: str
    writer: str
    """Id of an environment."""
    reader: str
    format: str = "joblib"
    set: str = "default"
    """The set of environments, in this project's configuration."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownCause:
    """Why cells change or fail: what changed, since which release, and what to do."""

    id: str
    """Short name of the change, and the release."""
    title: str
    explanation: str
    """Two sentences: what changed, and its effect on a saved model."""
    advice: str
    package: str
    """The distribution that changed, or ``python``; empty if it is independent of releases."""
    since: str
    """The first release with the change; empty if it is independent of releases."""
    links: tuple[str, ...]
    signatures: tuple[Signature, ...]
    """One of them must match."""
    example: Example
    migrate: bool = False
    """Whether ``migrate`` converts most of such files, so that an answer names the command."""
    bridges: tuple[str, ...] = ()
    """Releases of the package that read such files and save them so that newer ones read them, the
    most promising first; ``migrate`` tries them before it searches."""
    conversions: tuple[str, ...] = ()
    """What converts the fitted state of such files, by name: functions of
    ``matrix/worker/compat_worker/conversions``; ``parameters``, which are set to their defaults;
    ``names``, for which others stand while the file is loaded. ``migrate`` applies all that fit."""

    @property
    def markdown_title(self) -> str:
        """The title in Markdown: names with underscores are code, or they would be emphasis."""
        return _NAME.sub(r"`\g<0>`", self.title)

    @property
    def release(self) -> str:
        """The package and the release, as text; empty if independent of releases."""
        return f"{self.package} {self.since}".strip()
