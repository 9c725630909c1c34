"""Find the release of scikit-learn next to one that no environment can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from packaging.version import Version

from matrix.catalog import Catalog
from matrix.catalog.requirements import EnvironmentRequest, spec_of
from matrix.environments import history
from matrix.environments.reasons import UnavailableError
from matrix.environments.releases import Registry
from matrix.environments.resolve import resolve

OLDEST = "0.18.2"
"""The oldest release with wheels for a Python that workers run on; the first to write its version
into models was 0.18."""
_AT_ONCE = 3
"""How many lines to resolve before later ones are tried."""


def nearest_release(
    version: Version, registry: Registry, catalog: Catalog, *, offline: bool = False
) -> str:
    """Return the first release from a version on that can be installed here, else the newest one.

    Args:
        version: of scikit-learn; it need not exist.
        registry: of packages.
        catalog: with the package sources and the environment store.
        offline: as in :func:`matrix.environments.resolve.resolve`.

    Returns:
        Empty if the registry does not answer.
    """
    floor = max(version, Version(OLDEST))
    try:
        newest = registry.release("latest").version
        if floor >= Version(newest):
            return newest
        later = history.lines_after(OLDEST, newest, registry)
    except UnavailableError:
        return ""
    first = f"{floor.major}.{floor.minor}"
    lines = [first, *(line for line in later if Version(line) > Version(first))]
    for start in range(0, len(lines), _AT_ONCE):
        found = _first(lines[start : start + _AT_ONCE], catalog, offline=offline)
        if found:
            return found
    return newest


def _first(lines: Sequence[str], catalog: Catalog, *, offline: bool) -> str:
    """The last patch of the first of these lines that can be resolved; empty if none can."""
    requests = [EnvironmentRequest(scikit_learn=line) for line in lines]
    specs = tuple(spec_of(request, as_of="release") for request in requests)
    for one in resolve(replace(catalog, specs=specs, known=(), select=()), offline=offline):
        if one.lock is not None:
            return one.lock.pins["scikit-learn"]
    return ""
