"""Install only those packages of a lock that bear on the models; all others become constraints.

A lock may have hundreds of packages, some of them large, and some from a registry that this machine
does not reach. A model needs few of them. The versions of all others are kept as constraints, so
that whatever a needed package depends on has the version of the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.catalog.requirements import EnvironmentRequest, is_exact, is_pin, is_release
from matrix.frameworks import BY_MODULE, Framework
from matrix.inspection import Inspection
from matrix.upgrade.answer import Model
from matrix.upgrade.upgrade_request import UpgradeRequest

_BASE = frozenset({"numpy", "scipy", "joblib"})
"""What computes the outputs; only a lock with an exact version of each is narrowed."""
_ALWAYS = _BASE | frozenset(
    {"scikit-learn", "pandas", "threadpoolctl", "pyarrow", "numexpr", "bottleneck", "polars"}
)
"""Packages of all models, those that pandas computes with where they are installed, and those that
scikit-learn makes tables with."""
_FORMATS = frozenset({"cloudpickle", "dill", "lz4", "skops"})
"""Modules that loading needs in some formats; their packages are called the same."""
_COMPLETE = frozenset(
    {
        *("catboost", "category_encoders", "feature_engine", "hdbscan", "imblearn", "lightgbm"),
        *("mlxtend", "sklearn", "_loss", "sklearn_pandas", "statsmodels", "xgboost"),
    }
)
"""Top-level modules of libraries that import nothing beyond what their metadata require, except for
what is in :data:`_MORE`."""
_MORE = frozenset({"dask", "keras", "tensorflow", "spark"})
"""Parts of these libraries that need packages which their metadata do not require."""


def only_needed(
    request: UpgradeRequest, models: Iterable[Model], own_code: Sequence[Path] = ()
) -> UpgradeRequest:
    """Return a request whose locks install only what the models need.

    Args:
        request: of the user.
        models: all models of the check; one environment serves them all.
        own_code: folders and scripts of the user's own code. What that imports is not known, so
            with any of them everything is installed.

    Returns:
        The same request, if a model may need any package: it names a module that is not known, or a
        library that imports some packages only where they are installed.
    """
    inspected = [one.inspection for one in models if one.inspection is not None]
    needed = None if own_code or not inspected else _needed(inspected)
    return request if needed is None else _only(request, needed)


def only_for(request: UpgradeRequest, frameworks: Iterable[Framework]) -> UpgradeRequest:
    """Return a request whose locks install only what models of some libraries need."""
    return _only(request, _ALWAYS.union(*map(_with_companions, frameworks)))


def installs_the_same(request: UpgradeRequest) -> bool:
    """Whether the origin and the targets of a request install the same exact versions.

    What these depend on may still differ, where constraints do.
    """
    origin = request.origin
    if origin is None or not request.targets or not all(map(is_exact, (origin, *request.targets))):
        return False
    return all(_installed(one) == _installed(origin) for one in request.targets)


def _installed(request: EnvironmentRequest) -> tuple[str | None, str | None, list[str]]:
    return request.scikit_learn, request.python, sorted(request.others)


def _only(request: UpgradeRequest, needed: frozenset[str]) -> UpgradeRequest:
    origin = None if request.origin is None else _narrowed(request.origin, needed)
    targets = tuple(_narrowed(one, needed) for one in request.targets)
    if origin is not None and request.origin is not None and targets != request.targets:
        origin = replace(origin, notes=request.origin.notes)  # said once, of the target
    return replace(request, origin=origin, targets=targets)


def _needed(inspections: Iterable[Inspection]) -> frozenset[str] | None:
    """The distributions that models need; None if a model may need others too."""
    found = set(_ALWAYS)
    for inspection in inspections:
        parts = {part for name in inspection.names for part in name.module.split(".")}
        if not inspection.modules or not _MORE.isdisjoint(parts):
            return None
        for module in inspection.modules:
            if module in _COMPLETE:
                found |= _with_companions(BY_MODULE[module])
            elif module in _FORMATS:
                found.add(module)
            elif module not in _ALWAYS:
                return None
    return frozenset(found)


def _with_companions(framework: Framework) -> set[str]:
    """A library, and the packages that its record names as needed beside it."""
    further = {_name(text) for needs in framework.needs.values() for text in needs}
    backends = {name for name, _ in framework.backends}
    return {framework.name, *further, *backends}.union(*framework.alternatives)


def _narrowed(request: EnvironmentRequest, needed: frozenset[str]) -> EnvironmentRequest:
    """A request of a lock with the other packages as constraints, and a note that says so."""
    kept = [text for text in request.others if _name(text) in needed]
    left = [text for text in request.others if _name(text) not in needed]
    if not request.file or not left or not _pins_all(request, kept):
        return request
    count = len({_name(text) for text in left})
    words = "package is only a constraint" if count == 1 else "packages are only constraints"
    note = f"{request.file}: {count} {words}: the models are not known to need them"
    return replace(
        request,
        others=tuple(kept),
        constraints=(*request.constraints, *map(_as_constraint, left)),
        notes=(*request.notes, note),
    )


def _pins_all(request: EnvironmentRequest, kept: Sequence[str]) -> bool:
    """Whether a lock has one version of everything that computes: nothing else decides then."""
    exact = request.scikit_learn is not None and is_release(request.scikit_learn)
    return exact and all(map(is_pin, kept)) and {_name(text) for text in kept} >= _BASE


def _as_constraint(text: str) -> str:
    """A requirement without extras, which constraints may not have."""
    requirement = Requirement(text)
    requirement.extras = set()
    return str(requirement)


def _name(text: str) -> str:
    return str(canonicalize_name(Requirement(text).name))
