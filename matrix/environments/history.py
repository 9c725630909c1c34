"""The releases of scikit-learn in order: the lines to try, and the patches between two versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.version import Version

from matrix.catalog import Catalog, checks
from matrix.catalog.origin import readable_by
from matrix.catalog.requirements import EnvironmentRequest, spec_of
from matrix.environments import interpreters
from matrix.environments.environment_store import EnvironmentStore
from matrix.environments.releases import ANY_PYTHON, Registry
from matrix.environments.uv import Uv
from matrix.errors import CannotTellError
from matrix.model import EnvSpec

OLDEST_LINE = "0.22"
"""The way back ends here."""
_PATCHES = range(10)
"""Bounds within a line: no line has had more than five releases."""
_MINORS = range(31)
"""Bounds within a major version."""


def open_registry(catalog: Catalog, *, offline: bool = False) -> Registry:
    """Return the registry as a catalog's folder has it set up.

    Raises:
        CannotTellError: this machine has no interpreter that uv can use.
    """
    here = interpreters.find(EnvironmentStore(catalog.envs).interpreters_file)
    if not here:
        raise CannotTellError(
            "there is no CPython 3.6 or newer on this machine", advice="uv python install 3.13"
        )
    return Registry(uv=Uv(folder=catalog.root, offline=offline), interpreters=here)


def upgrade_specs(
    version: str, registry: Registry, *, common: Sequence[str] = ()
) -> tuple[EnvSpec, ...]:
    """Return where a model saved by some version would go: every line up to the newest.

    Each is as of its release, but the newest, which is as of today: that is what a bump installs.

    Args:
        version: of scikit-learn, exact.
        registry: of packages.
        common: what every environment of the configuration holds.

    Raises:
        UnavailableError: the registry does not answer.
    """
    newest = registry.release("latest")
    lines = [line for line in lines_after(version, newest.version, registry) if line != newest.line]
    specs = [
        spec_of(EnvironmentRequest(scikit_learn=line), as_of="release", common=common)
        for line in lines
    ]
    if Version(version) <= Version(newest.version):
        specs.append(
            spec_of(EnvironmentRequest(scikit_learn=newest.line), as_of="today", common=common)
        )
    return tuple(specs)


def rollback_specs(
    version: str, registry: Registry, *, python: str = "", common: Sequence[str] = ()
) -> tuple[EnvSpec, ...]:
    """Return the way back: every line before a version's, newest first, each as of its release.

    Args:
        version, registry, common: as in :func:`upgrade_specs`.
        python: the lowest that can read the model's file; empty if any can.

    Raises:
        UnavailableError: the registry does not answer.
    """
    return tuple(
        spec_of(
            EnvironmentRequest(scikit_learn=line, python=readable_by(Version(line), python)),
            as_of="release",
            common=common,
        )
        for line in lines_before(version, registry)
    )


def lines_after(version: str, newest: str, registry: Registry) -> tuple[str, ...]:
    """Return every line from a version's to the newest, oldest first: ``1.3``, ``1.4``.

    The line of the version itself is there if a later patch of it is.

    Args:
        version: where to begin.
        newest: the newest release of all.
        registry: called once.

    Raises:
        UnavailableError: the registry does not answer.
    """
    first, last = Version(version), Version(newest)
    if last <= first:
        return ()
    releases = _newest_below(_lines(first, last), version, registry)
    later = [release for release in (*releases, newest) if Version(release) > first]
    return tuple(dict.fromkeys(_line(Version(release)) for release in later))


def lines_before(version: str, registry: Registry) -> tuple[str, ...]:
    """Return every line before a version's, newest first, as far back as the oldest there is here.

    For some of them no Python on this machine may have wheels: resolving says so.

    Args:
        version: where to begin.
        registry: called once.

    Raises:
        UnavailableError: the registry does not answer.
    """
    first, last = Version(OLDEST_LINE), Version(_line(Version(version)))
    if last <= first:
        return ()
    releases = _newest_below(_lines(first, last), OLDEST_LINE, registry)
    lines = [_line(Version(release)) for release in releases if Version(release) < last]
    return tuple(dict.fromkeys(reversed(lines)))


def releases_between(
    low: str, high: str, registry: Registry, *, package: str = "scikit-learn"
) -> tuple[str, ...]:
    """Return the final releases strictly between two versions, oldest first, as EnvSpec takes them.

    Args:
        low, high: versions; ``low`` exists.
        registry: called once.
        package: whose releases; one that counts like scikit-learn, in three parts.

    Raises:
        UnavailableError: the registry does not answer.
    """
    first, last = Version(low), Version(high)
    bounds = [
        Version(f"{line.major}.{line.minor}.{patch}")
        for line in [Version(_line(first)), *_lines(first, last)]
        for patch in _PATCHES
    ]
    within = [bound for bound in bounds if first < bound <= last]
    found = _newest_below([*within, last], low, registry, package)
    return tuple(release for release in found if first < Version(release) < last)


def _lines(first: Version, last: Version) -> list[Version]:
    """Return the beginnings of all lines that there may be after the first, up to the last's."""
    every = [
        Version(f"{major}.{minor}")
        for major in range(first.major, last.major + 1)
        for minor in _MINORS
    ]
    return [line for line in every if first < line <= Version(_line(last))]


def _line(version: Version) -> str:
    return f"{version.major}.{version.minor}"


def _newest_below(
    bounds: Iterable[Version], least: str, registry: Registry, package: str = "scikit-learn"
) -> tuple[str, ...]:
    """Return the newest release before each bound, each once, oldest first, by one call.

    The bounds differ in a marker that holds on no machine. The highest comes first: uv
    answers in this order, and takes again what it took before wherever that fits.
    """
    low = Version(least)
    possible = {bound for bound in bounds if bound > Version(low.base_version)}
    if not possible:
        return ()
    packages = registry.uv.describe(
        [
            f"{package}>={low.public},<{bound} ; platform_version == '{bound}'"
            for bound in sorted(possible, reverse=True)
        ],
        interpreter=registry.interpreters[0].path,
        python=ANY_PYTHON,
    )
    versions = {Version(one["version"]) for one in packages}
    return tuple(
        checks.in_full(version) for version in sorted(versions) if not version.is_prerelease
    )
