"""Makes environments: as released, or like another one with one package changed."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.catalog import Catalog, checks
from matrix.catalog.requirements import EnvironmentRequest, spec_of
from matrix.environments import history, prepare
from matrix.environments.prepare import Report
from matrix.environments.reasons import UnavailableError
from matrix.environments.releases import Registry
from matrix.model import Environment, EnvSpec, Lock
from matrix.model.environments import SCIKIT_LEARN

SUSPECTS = ("scikit-learn", "numpy", "scipy", "joblib", "pandas", "python")
"""The packages that may cause a change in any environment, in the order of testing."""


class Hold(enum.IntEnum):
    """How much of another environment stays fixed when one of its packages is changed."""

    ALL = 0
    """Every pin."""
    CORE = 1
    """The packages that models and files depend on, exactly; pandas and the rest may change too."""
    LINES = 2
    """The same, but numpy and scipy may change to another patch release of their line, and joblib
    to any version between those of the two ends: releases require each other so narrowly."""
    OTHER_PYTHON = 3
    """The same, on the Python of the other end: the changed package has no wheels for this one."""


_CORE = frozenset({"numpy", "scipy", "joblib"})

_LONGEST = 80


@dataclass
class EnvironmentFactory:
    """Makes environments.

    Args:
        catalog: of the project; none of its environments is made.
        report: called for each step of building.
        common: requirements of every environment as of a release, beside scikit-learn.
        jobs, offline: as in :func:`matrix.environments.prepare`.
    """

    catalog: Catalog
    report: Report
    common: tuple[str, ...] = ("pandas",)
    jobs: int = 1
    offline: bool = False
    _made: dict[EnvSpec, Environment] = field(default_factory=dict)
    _between: dict[tuple[str, str, str], tuple[str, ...] | None] = field(default_factory=dict)

    def prepare(self, specs: Iterable[EnvSpec]) -> list[Environment]:
        """The environments, in the same order; those that were made before are not made again."""
        requested = list(specs)
        new = [spec for spec in dict.fromkeys(requested) if spec not in self._made]
        if new:
            made = prepare(
                replace(self.catalog, specs=tuple(new), known=(), select=()),
                jobs=self.jobs,
                offline=self.offline,
                remember=False,
                report=self.report,
            )
            self._made.update((one.spec, one) for one in made)
        return [self._made[spec] for spec in requested]

    def as_released(self, release: str) -> EnvSpec:
        """A release of scikit-learn as its users had it."""
        return spec_of(
            EnvironmentRequest(scikit_learn=release), as_of="release", common=self.common
        )

    def between(self, package: str, low: str, high: str) -> tuple[str, ...] | None:
        """The releases of a package strictly between two versions, ascending.

        For Python, those that are on this machine. None if the registry cannot be read.
        """
        first, last = sorted((low, high), key=Version)
        key = (package, first, last)
        if key not in self._between:
            self._between[key] = self._releases(*key)
        return self._between[key]

    def _releases(self, package: str, low: str, high: str) -> tuple[str, ...] | None:
        try:
            if package == "python":
                here = {one.version for one in self._registry.interpreters}
                ascending = sorted(here, key=Version)
                minors = {minor_of(low), minor_of(high)}
                return tuple(
                    one
                    for one in ascending
                    if Version(low) < Version(one) < Version(high) and minor_of(one) not in minors
                )
            return history.releases_between(low, high, self._registry, package=package)
        except UnavailableError:
            return None

    @cached_property
    def _registry(self) -> Registry:
        return history.open_registry(self.catalog, offline=self.offline)


def minor_of(version: str) -> str:
    """A version up to its minor part: ``3.9``."""
    return ".".join(version.split(".")[:2])


def version_of(environment: Environment, package: str) -> str:
    """Which version of a package, or of Python, an environment has; empty if none."""
    if environment.info is None:
        return ""
    if package == "python":
        return environment.info.python
    return environment.info.packages.get(package, "")


def differing(one: Environment, other: Environment) -> tuple[str, ...]:
    """The suspects that two ready environments have at different versions.

    A package that either specification names is a suspect too, such as the user's own packages.
    """
    named = [*_named_in(one), *_named_in(other)]
    suspects = dict.fromkeys((*SUSPECTS, *named))
    versions = ((name, version_of(one, name), version_of(other, name)) for name in suspects)
    return tuple(name for name, here, there in versions if here != there and here and there)


def like(
    base: Environment, package: str, version: str, other: Environment, *, hold: Hold = Hold.ALL
) -> EnvSpec:
    """An environment with all pins of another one except for one package.

    The pins of its :class:`~matrix.model.Lock` become requirements: what the base was resolved from
    may resolve differently today.

    Args:
        base: has a lock.
        package: the package to change, or ``python``.
        version: its new version.
        other: the environment that has this version, or a version beyond it; the result is resolved
            as of the later date of the two.
        hold: how much stays fixed beside Python and scikit-learn.
    """
    assert base.lock is not None
    pins = {**base.lock.pins, "scikit-learn": version_of(base, "scikit-learn")}
    python = base.lock.interpreter.version
    if package == "python":
        python = version
    else:
        pins[package] = version
        if hold is Hold.OTHER_PYTHON:
            python = version_of(other, "python")
    scikit_learn = checks.in_full(Version(pins.pop("scikit-learn")))
    named = [name for name in dict.fromkeys([*_named_in(base), package]) if name in pins]
    if hold is Hold.ALL:
        requirements = tuple(f"{name}=={pins[name]}" for name in named)
        held = [f"{name}=={pin}" for name, pin in pins.items() if name not in named]
    else:
        core = [name for name in pins if name in _CORE and name != package]
        requirements = tuple(f"{name}=={pins[name]}" if name == package else name for name in named)
        held = [_held(name, pins[name], version_of(other, name), hold) for name in core]
    constraints = tuple(sorted(held))
    as_of = _later(base.lock, other.lock)
    digest = _digest([scikit_learn, python, requirements, constraints, as_of])
    return EnvSpec(
        id=f"{base.id[: _LONGEST - 40]}-with-{package}-{version}"[: _LONGEST - 9] + f"-{digest}",
        label=f"{base.spec.label} with {package} {version}",
        scikit_learn=scikit_learn,
        python=python,
        requirements=requirements,
        constraints=constraints,
        as_of=as_of,
    )


def with_package(base: Environment, requirement: str) -> EnvSpec:
    """An environment with all pins of another one and one more package.

    Args:
        base: has a lock.
        requirement: of the package; the newest version that fits today is chosen.
    """
    assert base.lock is not None
    pins = dict(base.lock.pins)
    python = base.lock.interpreter.version
    scikit_learn = checks.in_full(Version(pins.pop("scikit-learn")))
    package = _name_in(requirement)
    held = tuple(sorted(f"{name}=={pin}" for name, pin in pins.items() if name != package))
    named = tuple(
        f"{name}=={pins[name]}" for name in _named_in(base) if name in pins and name != package
    )
    digest = _digest([scikit_learn, python, held, requirement])
    return EnvSpec(
        id=f"{base.id[: _LONGEST - 30]}-with-{package}-{digest}",
        label=f"{base.spec.label} with {package}",
        scikit_learn=scikit_learn,
        python=python,
        requirements=(*named, requirement),
        constraints=held,
        as_of="today",
    )


def _named_in(environment: Environment) -> list[str]:
    """The packages that the specification of an environment names."""
    spec = environment.spec
    own = [] if spec.framework == SCIKIT_LEARN else [spec.framework]
    return [*own, *(_name_in(text) for text in spec.requirements)]


def _name_in(requirement: str) -> str:
    return str(canonicalize_name(Requirement(requirement).name))


def _digest(parts: list[object]) -> str:
    """A few letters that distinguish environments with the same name."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]


def _held(name: str, here: str, there: str, hold: Hold) -> str:
    """The constraint on a package that models depend on."""
    if hold is Hold.CORE:
        return f"{name}=={here}"
    if name == "joblib":
        low, high = sorted((here, there or here), key=Version)
        return f"{name}>={low},<={high}"
    return f"{name}=={minor_of(here)}.*"


def _later(one: Lock | None, other: Lock | None) -> str:
    """The later of the dates that two locks were resolved as of; today is the latest."""
    days = [None if lock is None else lock.as_of for lock in (one, other)]
    known = [day for day in days if day is not None]
    return max(known).isoformat() if len(known) == len(days) else "today"


def packages_of(environment: Environment) -> Mapping[str, str]:
    """The suspects in an environment, with their versions."""
    versions = ((name, version_of(environment, name)) for name in SUSPECTS)
    return {name: version for name, version in versions if version}
