"""What to do about releases of scikit-learn that no environment can have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.version import Version

from matrix.errors import UsageError
from matrix.model import Environment, UnavailableReason
from matrix.upgrade.answer import Problem
from matrix.upgrade.environment_builds import EnvironmentBuilds
from matrix.upgrade.nearest_release import OLDEST, nearest_release

_NO_RELEASE = (UnavailableReason.NO_VERSION, UnavailableReason.NO_WHEEL)
"""Reasons that concern the release of scikit-learn alone."""
_OTHER_RELEASE = (
    *_NO_RELEASE,
    UnavailableReason.NO_INTERPRETER,
    UnavailableReason.CONFLICT,
    UnavailableReason.NO_IMPORT,
)
"""Reasons that do not hold for every release."""


class ReleaseAdvice:
    """Names the nearest release that can be used.

    Args:
        builds: with the registry.
    """

    def __init__(self, builds: EnvironmentBuilds) -> None:
        self._builds = builds
        self._nearest: dict[Version, str] = {}

    def refuse(self, version: Version) -> None:
        """Refuse a release that no environment can have.

        Raises:
            UsageError: it is such a release; the advice names the nearest one.
        """
        if version.is_devrelease:
            what = "a development version, which no registry has"
        elif version < Version(OLDEST):
            what = f"older than {OLDEST}, the oldest release with wheels for Python 3.6 or newer"
        else:
            return
        raise UsageError(
            f"scikit-learn {version}, which saved it, is {what}", advice=self.take_nearest(version)
        )

    def take_nearest(self, version: Version) -> str:
        """Advice to take the nearest release that can be used."""
        nearest = self._to(version)
        if not nearest:
            return "Name the nearest release that can be used: --from scikit-learn==…"
        return (
            f"The nearest release that can be used is {nearest}; what it returns counts as right: "
            f"--from scikit-learn=={nearest}"
        )

    def notes(self, targets: Iterable[Environment]) -> Iterator[str]:
        """Yield a sentence for each target of a release that no environment can have.

        Args:
            targets: as the user requested them.
        """
        for one in targets:
            release = one.spec.scikit_learn
            if release.count(".") < 2 or one.why not in _NO_RELEASE:
                continue
            nearest = self._to(Version(release))
            if nearest:
                yield (
                    f"scikit-learn {release} cannot be installed here; the nearest release that "
                    f"can be used is {nearest}: --to scikit-learn=={nearest}"
                )

    def unavailable(self, origin: Environment) -> Problem:
        """The problem of a model whose origin is not available, with what to do."""
        message = f"its origin is not available: {origin.reason}"
        release = origin.spec.scikit_learn
        if origin.why not in _OTHER_RELEASE or release.count(".") < 2:
            return Problem(message=message)
        return Problem(message=message, advice=self.take_nearest(Version(release)))

    def _to(self, version: Version) -> str:
        """The nearest release; empty if the registry does not answer."""
        if version not in self._nearest:
            builds = self._builds
            self._nearest[version] = nearest_release(
                version, builds.registry, builds.catalog, offline=builds.offline
            )
        return self._nearest[version]
