"""The releases of scikit-learn in order: the lines to try, and the patches between two versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from packaging.version import Version

from matrix.catalog import Catalog, checks
from matrix.catalog.origin import readable_by
from matrix.catalog.requirements import EnvironmentRequest, spec_of
from matrix.environments import interpreters
from matrix.environments.environment_store import EnvironmentStore
from matrix.environments.reasons import UnavailableError, UnavailableReason
from matrix.environments.releases import ANY_PYTHON, Registry
from matrix.environments.uv import Uv
from matrix.errors import CannotTellError
from matrix.model import EnvSpec

OLDEST_LINE = "0.22"
"""The oldest line to roll back to."""
_PATCHES = range(10)
"""The patch numbers to look for in a line; none has more than five so far."""
_MINORS = range(31)
"""The minor numbers to look for in a major version."""


def open_registry(catalog: Catalog, *, offline: bool = False) -> Registry:
    """Open the registry, with the package sources of a catalog.

    Raises:
        CannotTellError: this machine has no interpreter that uv can use.
    """
    here = interpreters.find(EnvironmentStore.of(catalog).interpreters_file)
    if not here:
        raise CannotTellError(
            "there is no CPython 3.6 or newer on this machine", advice="uv python install 3.13"
        )
    return Registry(uv=Uv(sources=catalog.sources, offline=offline), interpreters=here)


def upgrade_specs(
    version: str, registry: Registry, *, common: Sequence[str] = ()
) -> tuple[EnvSpec, ...]:
    """Return the targets of an upgrade: every line after a version, up to the newest.

    Each is resolved as of its release, except for the newest line, which is resolved as of today:
    an upgrade would install exactly that.

    Args:
        version: of scikit-learn, exact.
        registry: of packages.
        common: the requirements of every environment in the configuration.

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
    """Return the targets of a rollback: every line before that of a version, newest first.

    Each is resolved as of its release.

    Args:
        version, registry, common: as in :func:`upgrade_specs`.
        python: the lowest version that can read the model's file; empty if all can.

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
    """Return every line with a release after a version, oldest first: ``1.3``, ``1.4``.

    Args:
        version: of scikit-learn, exact.
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
    """Return every line before that of a version, newest first, down to ``OLDEST_LINE``.

    Some may have no wheels for the Pythons on this machine; only resolving finds out.

    Args:
        version: of scikit-learn, exact.
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


def newest_of_lines(version: str, registry: Registry, *, package: str) -> tuple[str, ...]:
    """Return the newest release of each line of a package after a version, oldest first.

    Args:
        version: exact.
        registry: called twice, or once a line if a release has wheels for some Pythons alone.
        package: such as ``xgboost``.

    Raises:
        UnavailableError: the registry does not answer.
    """
    first, last = Version(version), registry.release("latest", package)
    newest = Version(last.version)
    if newest <= first:
        return ()
    try:
        found = _newest_below(_lines(first, newest), version, registry, package)
    except UnavailableError as error:
        if error.why is not UnavailableReason.NO_WHEEL:
            raise
        with ThreadPoolExecutor(1) as pool:
            lines = registry.lines_after(last, _line(first), pool, package=package)
        found = tuple(release.version for release in lines)
    releases = {Version(release) for release in found} | {newest}
    return tuple(str(release) for release in sorted(releases) if release > first)


def releases_between(
    low: str, high: str, registry: Registry, *, package: str = "scikit-learn"
) -> tuple[str, ...]:
    """Return the final releases strictly between two versions, oldest first, as EnvSpec takes them.

    Args:
        low, high: versions; ``low`` must exist.
        registry: called once.
        package: the package; its versions must have three parts, like those of scikit-learn.

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
    """Return the first versions of all possible lines after ``first``, up to the line of ``last``.

    Not all of these lines exist.
    """
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
    """Return the newest release before each bound, without duplicates, oldest first, in one call.

    A marker that is false on every machine distinguishes the bounds. The highest bound comes first:
    uv resolves in this order, and reuses an earlier choice wherever it fits.
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
