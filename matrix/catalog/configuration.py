"""The configuration, read and checked."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import platformdirs

from matrix.model import SCORE_MARGIN, EnvSpec, Pipeline, Shard, Tolerance
from matrix.model.package_sources import USER_SOURCES, PackageSources

ENVS_VARIABLE = "COMPAT_MATRIX_ENVS"
"""The environment variable with the folder of environments; it overrides the configuration."""


def environments_folder(configured: Path | None = None) -> Path:
    """Return the folder of the environment store.

    Args:
        configured: the folder in the configuration; None if it names none.
    """
    named = os.environ.get(ENVS_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    if configured is not None:
        return configured
    return platformdirs.user_cache_path("compat-matrix", appauthor=False) / "environments"


class NamedBy(enum.Enum):
    """Who names a folder that the tool writes to."""

    DEFAULT = "default"
    CONFIGURATION = "configuration"
    """A file, which may have come with somebody else's project."""
    USER = "user"
    """The command line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToleranceRule:
    """An exception from the general tolerance."""

    pipelines: str = "*"
    """Glob over pipeline ids."""
    methods: str = "*"
    """Glob over methods: ``predict``, ``*_std``."""
    changes: Mapping[str, float] = field(default_factory=dict)
    """Fields of :class:`~matrix.model.Tolerance` that differ from the general tolerance."""

    def applies(self, pipeline: str, method: str) -> bool:
        return fnmatchcase(pipeline, self.pipelines) and fnmatchcase(method, self.methods)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerances:
    """The general tolerance, and the exceptions from it in the order of the file."""

    general: Tolerance = field(default_factory=Tolerance)
    rules: tuple[ToleranceRule, ...] = ()

    def of(self, pipeline: str, method: str) -> Tolerance:
        """Return the tolerance for one method of one pipeline; the last matching rule wins."""
        values = {name: getattr(self.general, name) for name in Tolerance.__slots__}
        for rule in self.rules:
            if rule.applies(pipeline, method):
                values.update(rule.changes)
        return Tolerance(**values)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerLimits:
    """The limits of one task in a worker, and of the files that it loads."""

    seconds: float = 60.0
    memory_mb: int = 4096
    model_mb: int = 4096
    """The largest file that is taken for a model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Exact names that saved models may look up besides the allowed names of scikit-learn."""

    everywhere: frozenset[str] = frozenset()
    """In every file that is named."""
    files: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """In the file with this SHA-256, and in no other."""

    def of(self, sha256: str) -> frozenset[str]:
        """The names that one file may look up."""
        return self.everywhere | self.files.get(sha256, frozenset())


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """The whole configuration as data types."""

    root: Path
    """The folder that relative paths start from."""
    state: Path
    """The folder where results, locks and records are kept; it may not exist yet."""
    envs: Path = field(default_factory=environments_folder)
    """The folder of the environment store, which all projects share; it may not exist yet."""
    state_by: NamedBy = NamedBy.DEFAULT
    envs_by: NamedBy = NamedBy.DEFAULT
    source: Path | None = None
    """The file that was read; None if there is none."""
    set_name: str = "default"
    specs: tuple[EnvSpec, ...] = ()
    """The environments that were selected, in the order of the file."""
    known: tuple[EnvSpec, ...] = ()
    """All environments of the set: ``like`` may refer to one that was not selected."""
    select: tuple[str, ...] = ()
    """Globs over environment ids, for those that only the registry knows: see ``latest``."""
    shard: Shard | None = None
    """The requested shard, still without its ``plan``; None for the whole matrix."""
    whole: bool = True
    """Whether the selection covers the whole set."""
    sources: PackageSources = USER_SOURCES
    """Where packages come from, beside the user's own settings of uv."""
    requirements: tuple[str, ...] = ()
    """The requirements of every environment beside scikit-learn, those of the set included."""
    models: tuple[str, ...] = ()
    """Paths and globs of saved models, from the folder of the configuration."""
    pipelines: tuple[Pipeline, ...] = ()
    formats: tuple[str, ...] = ()
    """The formats in use, in the order of the file."""
    tolerances: Tolerances = Tolerances()
    score_margin: float = SCORE_MARGIN
    """A score against the truth that moves by no more counts as the same."""
    limits: WorkerLimits = WorkerLimits()
    trust: Trust = Trust()
    release_window_days: int = 21
    """``as of its release`` means this number of days after it."""
    download_python: bool = True
    """Whether uv may download an interpreter that is missing here."""
