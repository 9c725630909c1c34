"""The origin and the targets of a converted model: environments of the runtime that runs it.

No release of a runtime wrote the file. Its origin is the newest release on the day of the release
of the converter; of an unknown converter, the first line that runs such a file. What that one
returns counts as right.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from packaging.version import InvalidVersion, Version

from matrix.catalog.requirements import EnvironmentRequest, spec_of
from matrix.environments import history
from matrix.environments.reasons import UnavailableError
from matrix.errors import CannotTellError
from matrix.inspection.portable import PortableModel
from matrix.model import EnvSpec
from matrix.upgrade.answer import Model
from matrix.upgrade.environment_builds import EnvironmentBuilds
from matrix.upgrade.model_requirements import name_of, version_in
from matrix.upgrade.needed_packages import NeededPackage
from matrix.upgrade.upgrade_request import UpgradeRequest

_WINDOW = timedelta(days=21)
"""A file was converted with the packages of some weeks after a release."""


class RuntimeEnvironments:
    """Decides the environments of converted models.

    Args:
        builds: builds environments.
        request: of the user.
    """

    def __init__(self, builds: EnvironmentBuilds, request: UpgradeRequest) -> None:
        self._builds = builds
        self._request = request
        self._dated: dict[str, str] = {}

    def origin(self, model: Model, runtime: NeededPackage) -> EnvSpec:
        """The environment whose outputs count as right.

        Args:
            model: a converted one.
            runtime: that runs it.
        """
        requested = self._request.origin
        if requested is not None and _names(requested, runtime):
            return self._spec(requested, runtime, "release")
        day = self.day(model, runtime)
        if day:
            dated = self._of(runtime, runtime.bounds or ">=0", day)
            if self._builds.prepare([dated])[dated.id].ready:
                return dated
            self._builds.forget(dated)
        return self._of(runtime, runtime.bounds.removeprefix(">=") or ">=0", "release")

    def day(self, model: Model, runtime: NeededPackage) -> str:
        """The day that a file is from, in ISO format; empty if its converter is not known."""
        found = None if model.inspection is None else model.inspection.portable
        if found is None:
            return ""
        if model.id not in self._dated:
            uploaded = self._uploaded(found, runtime)
            self._dated[model.id] = "" if uploaded is None else (uploaded + _WINDOW).isoformat()
        return self._dated[model.id]

    def _uploaded(self, found: PortableModel, runtime: NeededPackage) -> date | None:
        package = runtime.framework.writers.get(found.producer)
        try:
            version = str(Version(found.producer_version))
            return (package and self._builds.registry.release(version, package).uploaded) or None
        except (InvalidVersion, UnavailableError):
            return None

    def targets(self, model: Model, runtime: NeededPackage, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        """The requested releases; the newest of each line after the origin, if none is requested.

        With ``rollback`` those before it too, as far as they run such a file.

        Raises:
            CannotTellError: a request names no release, or the registry cannot be read.
        """
        if not self._request.targets:
            return self._lines(runtime, origin)
        return tuple(self._target(one, runtime, origin) for one in self._request.targets)

    def _target(
        self, requested: EnvironmentRequest, runtime: NeededPackage, origin: EnvSpec
    ) -> EnvSpec:
        if not _names(requested, runtime):
            if requested.scikit_learn is not None or requested.others or requested.file:
                raise CannotTellError(
                    f"{requested.source}: {runtime.name} is not in it, which runs this model",
                    advice=f"Name a release of it: --to {runtime.name}==VERSION.",
                )
            pin = f"{runtime.name}=={self._builds.lock(origin).pins[runtime.name]}"
            requested = replace(requested, others=(pin,))
        as_named = requested.file or self._request.as_of_named
        return self._spec(requested, runtime, self._request.as_of if as_named else "release")

    def _lines(self, runtime: NeededPackage, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        here = Version(self._builds.lock(origin).pins[runtime.name])
        rollback = self._request.rollback
        least = runtime.bounds.removeprefix(">=") if rollback and runtime.bounds else str(here)
        try:
            found = history.newest_of_lines(least, self._builds.registry, package=runtime.name)
        except UnavailableError as error:
            raise CannotTellError(str(error)) from error
        others = [one for one in found if Version(one).release[:2] != here.release[:2]]
        newest = max(others, key=Version, default="")
        return tuple(
            self._of(runtime, one, "today" if one == newest and Version(one) > here else "release")
            for one in others
        )

    def _of(self, runtime: NeededPackage, version: str, as_of: str) -> EnvSpec:
        named = EnvironmentRequest(others=(), source=runtime.name)
        return self._spec(named, runtime, as_of, version)

    def _spec(
        self, requested: EnvironmentRequest, runtime: NeededPackage, as_of: str, version: str = ""
    ) -> EnvSpec:
        """A request as an environment of the runtime without scikit-learn."""
        named = {name_of(text): text for text in requested.others}
        complete = replace(
            requested,
            scikit_learn="",
            framework=runtime.name,
            framework_version=version or version_in(named[runtime.name]),
            others=tuple(text for text in requested.others if name_of(text) != runtime.name),
        )
        return spec_of(complete, as_of=as_of, common=tuple(self._builds.further))


def _names(requested: EnvironmentRequest, runtime: NeededPackage) -> bool:
    return any(name_of(text) == runtime.name for text in requested.others)
