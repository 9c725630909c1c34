"""Environments: requested, resolved to exact pins, and found on this machine."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLine:
    """A line of a file of the user's."""

    file: Path
    line: int
    """Counted from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvSpec:
    """An environment that is wanted."""

    id: str
    """Unique, made by the catalog, never split again: ``sklearn-1.3``, ``sklearn-0.24-py3.7``."""
    label: str
    """A short name for tables: ``1.3``, ``0.24 py3.7``."""
    scikit_learn: str
    """``1.3`` (the last patch of that line), ``1.3.0`` (that release), ``latest``, ``pre-release``
    (the newest, though it be no final one), or a specifier such as ``>=1.5,<1.7``: the newest
    release that fits with all the rest."""
    python: str = "newest"
    """``newest`` or ``oldest`` on this machine that has wheels, a version such as ``3.9``, or a
    specifier."""
    requirements: tuple[str, ...] = ()
    """Further requirements, in the syntax of PEP 508: ``pandas``, ``numpy==1.26.*``."""
    constraints: tuple[str, ...] = ()
    """Requirements that ask for nothing, but hold where something else brings the package."""
    as_of: str = "release"
    """``release`` (as its users had it, a few weeks after), ``today``, or a date ``2024-05-31``."""
    like: str | None = None
    """The id of the environment that this one equals in all that is not said here."""
    place: FileLine | None = field(default=None, compare=False)
    """Where a requirements file names its scikit-learn; it is the same environment elsewhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A Python interpreter on this machine."""

    path: Path
    version: str
    """In full: ``3.9.18``."""
    implementation: str = "cpython"

    @property
    def minor(self) -> str:
        """The version up to the minor part: ``3.9``."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """Exact pins for one environment, and how they were found."""

    interpreter: Interpreter
    pins: Mapping[str, str]
    """Exact version by normalized package name."""
    as_of: date | None
    """Packages uploaded later were left aside; None is today."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """The pins as lines of a requirements file, sorted."""
        return tuple(f"{name}=={version}" for name, version in sorted(self.pins.items()))


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvInfo:
    """An environment that was found: what the interpreter in it reported of itself."""

    python: str
    platform: str
    executable: Path
    packages: Mapping[str, str]
    """Installed version by normalized package name."""
    blas: str = ""
    """The linear algebra library and its threading, as far as the environment tells."""


class UnavailableReason(str, enum.Enum):
    """Kinds of reasons why an environment is unavailable."""

    NO_VERSION = "no such version"
    NO_WHEEL = "no wheel"
    CONFLICT = "conflict"
    CONTRADICTION = "contradiction"
    """Of the requirements themselves, whatever the packages depend on and whatever the Python."""
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
    """What became of an EnvSpec: ready, with its lock and info, or unavailable, with the reason."""

    spec: EnvSpec
    lock: Lock | None = None
    info: EnvInfo | None = None
    reason: str = ""
    """Why it is unavailable, in words; empty when ready."""
    why: UnavailableReason | None = None
    """The kind of that reason; None when ready."""

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def ready(self) -> bool:
        return self.info is not None and not self.reason
