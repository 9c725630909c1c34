"""Environments: requested, resolved to exact pins, and found on this machine."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

SCIKIT_LEARN = "scikit-learn"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLine:
    """A line in a file of the user."""

    file: Path
    line: int
    """Counted from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvSpec:
    """A requested environment."""

    id: str
    """Unique, made by the catalog, never parsed: ``sklearn-1.3``, ``sklearn-0.24-py3.7``."""
    label: str
    """A short name for tables: ``1.3``, ``0.24 py3.7``."""
    scikit_learn: str
    """``1.3`` (the last patch of that line), ``1.3.0`` (that release), ``latest``, ``pre-release``
    (the newest, final or not), or a specifier such as ``>=1.5,<1.7``: the newest
    release that is compatible with the other requirements. Empty: the environment has none, because
    ``framework`` runs models without it."""
    python: str = "newest"
    """``newest`` or ``oldest`` (on this machine, of those with wheels of the release), a version
    such as ``3.9``, or a specifier."""
    requirements: tuple[str, ...] = ()
    """Further requirements, in the syntax of PEP 508: ``pandas``, ``numpy==1.26.*``."""
    constraints: tuple[str, ...] = ()
    """Limits on versions of packages that something else may install; they install nothing."""
    as_of: str = "release"
    """``release`` (weeks after it, as its users had it), ``today``, or a date ``2024-05-31``."""
    like: str | None = None
    """The id of the environment that gives every value that this one does not set."""
    framework: str = SCIKIT_LEARN
    """The library whose release ``as_of`` and ``latest`` refer to, by its normalized name."""
    framework_version: str = ""
    """Its version in the forms of ``scikit_learn``; empty if it is scikit-learn itself."""
    place: FileLine | None = field(default=None, compare=False)
    """The line of a requirements file that names scikit-learn; not part of the identity."""

    @property
    def dated_by(self) -> tuple[str, str]:
        """The library whose release the environment is resolved as of, and its version."""
        if self.framework == SCIKIT_LEARN:
            return SCIKIT_LEARN, self.scikit_learn
        return self.framework, self.framework_version

    def at(self, version: str) -> EnvSpec:
        """The same environment with another version of the library that dates it."""
        if self.framework == SCIKIT_LEARN:
            return replace(self, scikit_learn=version)
        return replace(self, framework_version=version)


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A Python interpreter on this machine."""

    path: Path
    version: str
    """The full version: ``3.9.18``."""
    implementation: str = "cpython"

    @property
    def minor(self) -> str:
        """The version up to the minor part: ``3.9``."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """Exact pins for one environment, and the interpreter they are for."""

    interpreter: Interpreter
    pins: Mapping[str, str]
    """Exact version by normalized package name."""
    as_of: date | None
    """Packages uploaded after this day were ignored; None means that none were."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """The pins as lines of a requirements file, sorted."""
        return tuple(f"{name}=={version}" for name, version in sorted(self.pins.items()))


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvInfo:
    """A built environment, as the interpreter in it reported it."""

    python: str
    platform: str
    executable: Path
    packages: Mapping[str, str]
    """Installed version by normalized package name."""
    blas: str = ""
    """The linear algebra library and its threading layer; empty if unknown."""


class UnavailableReason(str, enum.Enum):
    """Kinds of reasons why an environment is unavailable."""

    NO_VERSION = "no such version"
    NO_WHEEL = "no wheel"
    CONFLICT = "conflict"
    CONTRADICTION = "contradiction"
    """Between the requirements themselves, independent of dependencies and of the Python."""
    NO_INTERPRETER = "no interpreter"
    OUT_OF_REACH = "registry out of reach"
    NOT_CACHED = "offline"
    DIFFERS = "not what was asked for"
    NO_IMPORT = "does not import"
    """Its packages were installed, but importing them fails."""
    NO_ANSWER = "does not answer"
    """Its interpreter was killed, or took too long; the machine may have been the reason."""
    OTHER = "cannot be built"


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """An EnvSpec and its outcome: ready, with lock and info, or unavailable, with the reason."""

    spec: EnvSpec
    lock: Lock | None = None
    info: EnvInfo | None = None
    reason: str = ""
    """Why it is unavailable, for people; empty when ready."""
    why: UnavailableReason | None = None
    """The kind of that reason; None when ready."""

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def ready(self) -> bool:
        return self.info is not None and not self.reason
