"""Resolve both sides of a change of ranges, so that only what really changes is compared."""

from __future__ import annotations

from dataclasses import replace

from matrix.catalog import Catalog
from matrix.catalog.requirements import ANY, EnvironmentRequest, is_exact, spec_of
from matrix.environments.resolve import resolve
from matrix.model import EnvSpec, Lock
from matrix.model.environments import SCIKIT_LEARN
from matrix.upgrade.installed_packages import installs_the_same
from matrix.upgrade.lock_changes import LockChange, resolved
from matrix.upgrade.upgrade_request import UpgradeRequest


def with_exact_versions(change: LockChange, catalog: Catalog, *, offline: bool) -> LockChange:
    """Return a change with the exact versions that its ranges stand for; nothing is built.

    Args:
        change: of ranges or of exact versions.
        catalog: of the project, with the settings of uv.
        offline: whether to use only the cache of uv, and no registry.

    Returns:
        The same change if both sides are exact, one of them cannot be resolved, or there is no
        earlier side.
    """
    origin, target = change.origin, change.target
    if origin is None or (is_exact(origin) and is_exact(target)):
        return change
    if origin.scikit_learn is None or target.scikit_learn is None:
        return change
    specs = (
        spec_of(_any_instead_of_latest(origin), as_of=origin.day or "release"),
        spec_of(_any_instead_of_latest(target), as_of=target.day or "today"),
    )
    before, after = _locks(specs, catalog, offline=offline)
    if before is None or after is None:
        return change  # what cannot be resolved is reported where it is built
    return resolved(change, _pinned(origin, before), _pinned(target, after))


def are_the_same(request: UpgradeRequest, catalog: Catalog, *, offline: bool) -> bool:
    """Whether the origin and all targets of a request resolve to the same environment.

    Nothing is built. What cannot be resolved is not the same.
    """
    sides = [one for one in (request.origin, *request.targets) if one is not None]
    if not installs_the_same(request) or any(one.scikit_learn is None for one in sides):
        return False
    specs = tuple(spec_of(one, as_of=one.day or request.as_of) for one in sides)
    first, *others = _locks(specs, catalog, offline=offline)
    return first is not None and all(
        one is not None and (one.pins, one.interpreter) == (first.pins, first.interpreter)
        for one in others
    )


def _any_instead_of_latest(request: EnvironmentRequest) -> EnvironmentRequest:
    """A request that stands for one environment, not for several lines."""
    return replace(request, scikit_learn=ANY) if request.scikit_learn == "latest" else request


def _locks(specs: tuple[EnvSpec, ...], catalog: Catalog, *, offline: bool) -> list[Lock | None]:
    """What each specification resolves to; None for one that cannot be resolved."""
    found = resolve(replace(catalog, specs=specs, known=(), select=()), offline=offline)
    locks = {one.spec.id: one.lock for one in found}
    return [locks.get(spec.id) for spec in specs]


def _pinned(request: EnvironmentRequest, lock: Lock) -> EnvironmentRequest:
    """A request for exactly what its ranges resolve to."""
    others = [f"{name}=={version}" for name, version in lock.pins.items() if name != SCIKIT_LEARN]
    return replace(
        request,
        scikit_learn=lock.pins.get(SCIKIT_LEARN),
        python=lock.interpreter.minor,
        others=tuple(others),
        constraints=(),
    )
