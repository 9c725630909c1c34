"""The origin of a model: the environment that saved it, by its file, its folder and the user."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from packaging.version import Version

from matrix.catalog import checks
from matrix.catalog.origin import framework_origin, origin_spec, packages_for
from matrix.catalog.requirements import ANY, spec_of
from matrix.environments.reasons import UnavailableError
from matrix.errors import MissingOptionError
from matrix.inspection import Inspection
from matrix.model import EnvSpec
from matrix.upgrade.answer import Model
from matrix.upgrade.environment_builds import EnvironmentBuilds
from matrix.upgrade.model_requirements import holding, name_of, release_of, version_in, with_bounds
from matrix.upgrade.nearest_release import OLDEST
from matrix.upgrade.needed_packages import NeededPackage, needed_packages, runtime_of
from matrix.upgrade.proposed_origin import origin_option
from matrix.upgrade.release_advice import ReleaseAdvice
from matrix.upgrade.runtime_environments import RuntimeEnvironments
from matrix.upgrade.stated_origins import with_stated
from matrix.upgrade.upgrade_request import UpgradeRequest


class OriginOfModel:
    """Decides the origin of a model.

    Args:
        builds: builds environments.
        request: of the user.
        advice: about releases that no environment can have.
        runtimes: decides the environments of converted models.
    """

    def __init__(
        self,
        builds: EnvironmentBuilds,
        request: UpgradeRequest,
        advice: ReleaseAdvice,
        runtimes: RuntimeEnvironments,
    ) -> None:
        self._builds = builds
        self._runtimes = runtimes
        self._request = request
        self._advice = advice
        self._without_stated: set[str] = set()

    def is_without_stated(self, model: Model) -> bool:
        """Whether the origin of a model is not as its folder states it, for lack of packages."""
        return model.id in self._without_stated

    def of(self, model: Model) -> EnvSpec:
        """The origin of a model.

        Raises:
            MissingOptionError: neither its file nor the user names it.
        """
        runtime = runtime_of(model.inspection)
        if runtime is not None:
            return self._runtimes.origin(model, runtime)
        spec = self._as_requested(model)
        needed = needed_packages(model.inspection)
        spec = holding(spec, model, [self._required(one, spec) for one in needed])
        if self._request.origin is not None:
            return spec
        stated = with_stated(spec, release_of(model), model)
        if stated is spec or self._builds.prepare([stated])[stated.id].ready:
            return stated
        self._without_stated.add(model.id)  # its versions are not available here together
        return spec

    def _as_requested(self, model: Model) -> EnvSpec:
        requested = self._request.origin
        if requested is not None and (requested.scikit_learn is not None or requested.file):
            day, release = requested.day or "release", requested.scikit_learn or ""
            if not requested.file and release[:1].isdigit() and release.count(".") >= 2:
                requested, day = with_bounds(requested, release, model, packages_for)
            return spec_of(requested, as_of=day, common=self._builds.common)
        assert model.inspection is not None
        newest = release_of(model)
        if not newest:
            return self._dated_by_framework(model.inspection, model.path)
        self._advice.refuse(Version(newest))
        if requested is not None:
            requested = replace(requested, scikit_learn=newest)
            requested, day = with_bounds(requested, newest, model, packages_for)
            return spec_of(requested, as_of=day, common=self._builds.common)
        return origin_spec(
            newest,
            bounds=model.inspection.bounds,
            python=model.inspection.python,
            common=self._builds.common,
        )

    def _dated_by_framework(self, inspection: Inspection, file: Path) -> EnvSpec:
        """The origin of a model whose file has no version of scikit-learn: as of another library.

        Raises:
            MissingOptionError: neither its file nor the user names a version of one.
        """
        needed = needed_packages(inspection)
        requested = self._request.origin
        if requested is not None:
            named = {name_of(text): text for text in requested.others}
            for one in needed:
                if one.name in named:
                    return spec_of(
                        replace(
                            requested,
                            scikit_learn=ANY,
                            framework=one.name,
                            framework_version=version_in(named[one.name]),
                            others=tuple(t for t in requested.others if name_of(t) != one.name),
                        ),
                        as_of="release",
                        common=self._builds.common,
                    )
        for one in sorted(needed, key=lambda one: not one.version):
            if one.dating:
                return framework_origin(
                    one.name,
                    one.dating,
                    numpy=inspection.numpy,
                    python=inspection.python,
                    common=self._builds.common,
                )
        why = "Name it, or another release that loads it: what that one returns counts as right"
        if inspection.root.kind.startswith("sklearn.") and not needed:
            why = (
                "Releases before 0.18 did not write it. The nearest one that can be used is "
                f"{OLDEST}"
            )
        raise MissingOptionError(
            "the file does not contain the version of scikit-learn that saved it",
            why=why,
            option=origin_option(inspection, file),
        )

    def _required(self, one: NeededPackage, spec: EnvSpec) -> str:
        """The requirement for a library that a model needs, in the environment that saved it.

        If its bounds begin after the day of the environment, it is the first release within them:
        one exact release is exempt from that day.

        Args:
            one: the library.
            spec: the environment.
        """
        lower = next((t[2:] for t in one.bounds.split(",") if t.startswith(">=")), "")
        if not lower or spec.as_of == "today":
            return one.requirement
        try:
            first = self._builds.registry.release(checks.in_full(Version(lower)), one.name)
            day = self._day(spec)
        except UnavailableError:
            return one.requirement
        if day is None or first.uploaded is None or first.uploaded <= day:
            return one.requirement
        return one.framework.requirement(first.version)

    def _day(self, spec: EnvSpec) -> date | None:
        """The last day whose packages are in an environment; None if unknown.

        Raises:
            UnavailableError: the registry does not answer.
        """
        if spec.as_of != "release":
            return date.fromisoformat(spec.as_of)
        framework, version = spec.dated_by
        uploaded = self._builds.registry.release(version, framework).uploaded
        window = timedelta(days=self._builds.catalog.release_window_days)
        return None if uploaded is None else uploaded + window
