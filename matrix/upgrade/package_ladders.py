"""The releases of a library beside scikit-learn, tried one by one while all else stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from packaging.requirements import Requirement
from packaging.version import Version

from matrix.catalog import checks, environment_names
from matrix.model import Environment, EnvSpec, Lock, UnavailableReason

IMPOSSIBLE = frozenset(
    {
        UnavailableReason.CONFLICT,
        UnavailableReason.CONTRADICTION,
        UnavailableReason.NO_VERSION,
        UnavailableReason.NO_WHEEL,
        UnavailableReason.NO_IMPORT,
    }
)
"""Reasons that lie in the packages themselves: nobody can have such an environment."""
_LOOSE = frozenset({"pandas", "numpy", "scipy", "joblib"})
"""Packages that may move where others need it; libraries of models never do."""
_CORE = ("numpy",)
"""Packages whose line stays even where others have to move."""


def moved(
    origin: EnvSpec, lock: Lock, changed: Sequence[str], *, python: str, strict: bool
) -> EnvSpec:
    """Return the environment of an origin with other versions of some packages.

    Args:
        origin: where the model comes from.
        lock: of the origin.
        changed: the requirements of the packages to move, in the syntax of PEP 508.
        python: the lowest Python that can read the file, as in EnvSpec; empty for any.
        strict: whether every other pin and the Python stay. Otherwise scikit-learn and the line of
            numpy stay, and what the new version needs may move.
    """
    packages = {environment_names.package_of(text): text for text in changed}
    pins = {name: pin for name, pin in lock.pins.items() if name not in packages}
    scikit_learn = checks.in_full(Version(pins.pop("scikit-learn")))
    named = [name for name in _named(origin) if name in pins]
    constraints = _constraints(pins, named, strict=strict)
    requirements = (
        *(f"{name}=={pins[name]}" if strict or name not in _LOOSE else name for name in named),
        *changed,
    )
    requested = lock.interpreter.minor if strict else (f">={python}" if python else "newest")
    id_, label = environment_names.extended(
        environment_names.environment_id(scikit_learn, "newest", {}),
        scikit_learn,
        {name: str(Requirement(text).specifier) for name, text in packages.items()},
    )
    digest = _digest([requirements, constraints, requested])
    return EnvSpec(
        id=f"{id_}-{digest}",
        label=label,
        scikit_learn=scikit_learn,
        python=requested,
        requirements=requirements,
        constraints=constraints,
        as_of="today",
    )


def _named(origin: EnvSpec) -> list[str]:
    """The packages that an origin names, without scikit-learn."""
    names = [environment_names.package_of(text) for text in origin.requirements]
    framework = origin.dated_by[0]
    return [name for name in dict.fromkeys([*names, framework]) if name != "scikit-learn"]


def _constraints(pins: Mapping[str, str], named: list[str], *, strict: bool) -> tuple[str, ...]:
    if strict:
        return tuple(sorted(f"{name}=={pin}" for name, pin in pins.items() if name not in named))
    held = {name: Version(pins[name]) for name in _CORE if name in pins}
    return tuple(f"{name}<{pin.major + 1}" for name, pin in held.items())


def _digest(parts: list[object]) -> str:
    """A few letters that distinguish environments with the same name."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]


def is_impossible(environment: Environment) -> bool:
    """Whether no machine can have an environment, because its packages do not allow it."""
    return not environment.ready and environment.why in IMPOSSIBLE
