"""The targets of a model: where the user wants to load it, or every line up to the newest."""

from __future__ import annotations

from dataclasses import replace

from matrix.catalog.origin import readers_for
from matrix.catalog.requirements import ANY, EnvironmentRequest, spec_of
from matrix.environments import history
from matrix.environments.reasons import UnavailableError
from matrix.errors import CannotTellError
from matrix.model import EnvSpec
from matrix.upgrade.answer import Model
from matrix.upgrade.environment_builds import EnvironmentBuilds
from matrix.upgrade.model_requirements import holding, name_of, version_in, with_bounds
from matrix.upgrade.needed_packages import leading, needed_packages, runtime_of
from matrix.upgrade.package_ladders import moved
from matrix.upgrade.runtime_environments import RuntimeEnvironments
from matrix.upgrade.upgrade_request import UpgradeRequest


class TargetsOfModel:
    """Decides the targets of a model.

    Args:
        builds: builds environments.
        request: of the user.
        runtimes: decides the environments of converted models.
    """

    def __init__(
        self, builds: EnvironmentBuilds, request: UpgradeRequest, runtimes: RuntimeEnvironments
    ) -> None:
        self._builds = builds
        self._runtimes = runtimes
        self._request = request
        self._requested: dict[str, EnvironmentRequest] = {}
        """By the id of a target, what the user requested."""
        self._texts: dict[str, str] = {}
        """By the id of a target, the text after ``--to``."""

    def is_requested(self, id_: str) -> bool:
        """Whether the user requested the target with this id."""
        return id_ in self._requested

    def text(self, id_: str) -> str:
        """The text after ``--to`` that requested a target; empty if the user did not."""
        return self._texts.get(id_, "")

    def of(self, model: Model, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        """The targets of a model with this origin.

        Raises:
            CannotTellError: the registry cannot be read.
        """
        runtime = runtime_of(model.inspection)
        if runtime is not None:
            found = self._runtimes.targets(model, runtime, origin)
            sources = (one.source for one in self._request.targets)
            self._texts.update(zip((spec.id for spec in found), sources, strict=False))
            return found
        led_by = leading(model.inspection)
        if led_by is not None:
            return self._of_framework(led_by.name)
        return self._of_scikit_learn(model, origin)

    def _of_scikit_learn(self, model: Model, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        held = self._held(model, origin)
        if not self._request.targets:
            return tuple(holding(spec, model, held) for spec in self._lines(origin))
        found = []
        for requested in self._request.targets:
            if held and self._moves_libraries(requested, model):
                spec = moved(
                    origin, self._builds.lock(origin), requested.others, python="", strict=True
                )
                found.append(holding(spec, model, ()))
                self._texts[found[-1].id] = requested.source
                continue
            complete = self._complete(requested, origin)
            day = self._request.as_of
            day = day if self._request.as_of_named else complete.day or day
            spec = spec_of(complete, as_of=day, common=self._builds.common)
            found.append(holding(spec, model, held))
            self._requested[found[-1].id] = complete
            self._texts[found[-1].id] = requested.source
        return tuple(found)

    def _of_framework(self, framework: str) -> tuple[EnvSpec, ...]:
        """The requested releases of a library as of their release; the newest, if none is."""
        requested = self._request.targets or (EnvironmentRequest(others=(framework,)),)
        found = []
        for one in requested:
            named = {name_of(text): text for text in one.others}
            version = version_in(named.get(framework, framework))
            if version == "latest":
                version = self._newest(framework)
            complete = replace(
                one,
                scikit_learn=one.scikit_learn or ANY,
                framework=framework,
                framework_version=version,
                others=tuple(text for name, text in named.items() if name != framework),
            )
            day = self._request.as_of if one.file else "release"
            found.append(spec_of(complete, as_of=day, common=self._builds.common))
        return tuple(found)

    def _newest(self, framework: str) -> str:
        """The newest release: an environment of ``latest`` gets its name only when it is built."""
        try:
            return self._builds.registry.release("latest", framework).version
        except UnavailableError as error:
            raise CannotTellError(str(error)) from error

    def _moves_libraries(self, requested: EnvironmentRequest, model: Model) -> bool:
        """Whether a target names nothing but known libraries that a model needs: all else stays."""
        names = {one.name for one in needed_packages(model.inspection)}
        only = requested.scikit_learn is None and requested.python is None and not requested.file
        return only and bool(requested.others) and {name_of(t) for t in requested.others} <= names

    def _lines(self, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        """Every line of scikit-learn after the origin, and with ``rollback`` those before it."""
        release, common = self._builds.release(origin), self._builds.common
        try:
            up = history.upgrade_specs(release, self._builds.registry, common=common)
            if not self._request.rollback:
                return up
            return (
                *up,
                *history.rollback_specs(release, self._builds.registry, common=common),
            )
        except UnavailableError as error:
            raise CannotTellError(str(error)) from error

    def _complete(self, requested: EnvironmentRequest, origin: EnvSpec) -> EnvironmentRequest:
        """A request; without scikit-learn in it, the release of the origin stays."""
        if requested.scikit_learn is None and not requested.file:
            return replace(requested, scikit_learn=self._builds.release(origin))
        return requested

    def _held(self, model: Model, origin: EnvSpec) -> tuple[str, ...]:
        """The known libraries that a model needs, at the versions of its origin.

        Raises:
            CannotTellError: the origin is not available.
        """
        needed = needed_packages(model.inspection)
        pins = self._builds.lock(origin).pins if needed else {}
        return tuple(
            one.framework.requirement(pins[one.name]) for one in needed if one.name in pins
        )

    def as_released(self, model: Model, origin: EnvSpec, target: EnvSpec) -> EnvSpec | None:
        """A requested target as of its release; None if the user named a day for it.

        A file that newer packages wrote makes it as of these.
        """
        requested = self._requested.get(target.id)
        if requested is None or self._request.as_of_named or target.scikit_learn == "latest":
            return None
        day = "release"
        if not requested.file and target.scikit_learn.count(".") >= 2:
            requested, day = with_bounds(requested, target.scikit_learn, model, readers_for)
        spec = spec_of(requested, as_of=day, common=self._builds.common)
        released = holding(spec, model, self._held(model, origin))
        self._texts[released.id] = self._texts[target.id]
        return released

    def between(self, model: Model, origin: EnvSpec, low: str, high: str) -> EnvSpec | None:
        """The release in the middle between two; None if there is none, or it is unknown."""
        found = self._builds.releases_between(low, high)
        if not found:
            return None
        requested = EnvironmentRequest(scikit_learn=found[len(found) // 2])
        spec = spec_of(requested, as_of="release", common=self._builds.common)
        return holding(spec, model, self._held(model, origin))
