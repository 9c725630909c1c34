"""What an upgrade check asks about origins, targets and their environments.

Each answer is decided in the module for it; this one knows how they go together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from matrix.catalog import Catalog
from matrix.environments.prepare import Report
from matrix.model import Environment, EnvSpec
from matrix.model.environments import SCIKIT_LEARN
from matrix.upgrade.answer import Model, PackageLadder, Problem
from matrix.upgrade.environment_builds import EnvironmentBuilds
from matrix.upgrade.moved_libraries import MovedLibraries
from matrix.upgrade.origin_notes import OriginNotes
from matrix.upgrade.origin_of_model import OriginOfModel
from matrix.upgrade.release_advice import ReleaseAdvice
from matrix.upgrade.runtime_environments import RuntimeEnvironments
from matrix.upgrade.targets_of_model import TargetsOfModel
from matrix.upgrade.upgrade_request import UpgradeRequest


class Origins:
    """Decides the origin and the targets of models, and builds environments.

    Args:
        catalog: of the project; its own environments are not built.
        request: of the user.
        report: called for each step of building.
        pandas: whether every environment needs pandas.
        jobs, offline: as in :func:`matrix.environments.prepare`.
    """

    def __init__(
        self,
        catalog: Catalog,
        request: UpgradeRequest,
        report: Report,
        *,
        pandas: bool = True,
        jobs: int = 1,
        offline: bool = False,
    ) -> None:
        self._builds = EnvironmentBuilds(
            catalog, request.further, report, pandas=pandas, jobs=jobs, offline=offline
        )
        self._request = request
        self._advice = ReleaseAdvice(self._builds)
        runtimes = RuntimeEnvironments(self._builds, request)
        self._origins = OriginOfModel(self._builds, request, self._advice, runtimes)
        self._targets = TargetsOfModel(self._builds, request, runtimes)
        self._moves = MovedLibraries(self._builds, request)
        self._notes = OriginNotes(self._builds, request, self._origins, runtimes)

    @property
    def environments(self) -> tuple[Environment, ...]:
        """All environments that were built, in the order of building."""
        return self._builds.environments

    @property
    def made(self) -> Mapping[str, Environment]:
        """The same, by id."""
        return self._builds.made

    @property
    def common(self) -> tuple[str, ...]:
        """The requirements of every environment beside scikit-learn."""
        return self._builds.common

    @property
    def are_consecutive(self) -> bool:
        """Whether the targets are consecutive lines, between which a bisection makes sense."""
        return not self._request.targets

    def prepare(self, specs: Iterable[EnvSpec]) -> Mapping[str, Environment]:
        """The environments of these and of all earlier specifications, by id."""
        return self._builds.prepare(specs)

    def put_in_order(self, ids: Iterable[str]) -> None:
        """Put environments in front, in this order."""
        self._builds.put_in_order(ids)

    def origin(self, model: Model) -> EnvSpec:
        """As :meth:`matrix.upgrade.origin_of_model.OriginOfModel.of`."""
        return self._origins.of(model)

    def notes(self, model: Model) -> tuple[str, ...]:
        """Notes about the origin and the targets of a model."""
        return self._notes.of(model)

    def unavailable(self, origin: Environment) -> Problem:
        """The problem of a model whose origin is not available, with what to do."""
        return self._advice.unavailable(origin)

    def targets(self, model: Model, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        """As :meth:`matrix.upgrade.targets_of_model.TargetsOfModel.of`."""
        return self._targets.of(model, origin)

    def text(self, target: EnvSpec) -> str:
        """The text after ``--to`` that requested a target; empty if the user did not."""
        return self._targets.text(target.id)

    def as_released(self, model: Model, origin: EnvSpec, target: EnvSpec) -> EnvSpec | None:
        """As :meth:`matrix.upgrade.targets_of_model.TargetsOfModel.as_released`."""
        return self._targets.as_released(model, origin, target)

    def between(self, model: Model, origin: EnvSpec, low: str, high: str) -> EnvSpec | None:
        """As :meth:`matrix.upgrade.targets_of_model.TargetsOfModel.between`."""
        return self._targets.between(model, origin, low, high)

    def target_notes(self, targets: Iterable[Environment]) -> Iterator[str]:
        """Yield a sentence for each requested target of a release that no environment can have."""
        yield from self._advice.notes(one for one in targets if self._targets.is_requested(one.id))

    def ladders(self, model: Model, origin: EnvSpec) -> tuple[PackageLadder, ...]:
        """As :meth:`matrix.upgrade.moved_libraries.MovedLibraries.ladders`."""
        return self._moves.ladders(model, origin)

    def moved(
        self, model: Model, origin: EnvSpec, package: str, releases: Sequence[str]
    ) -> dict[str, EnvSpec | None]:
        """As :meth:`matrix.upgrade.moved_libraries.MovedLibraries.moved`."""
        return self._moves.moved(model, origin, package, releases)

    def with_newer(self, model: Model, target: EnvSpec) -> EnvSpec | None:
        """As :meth:`matrix.upgrade.moved_libraries.MovedLibraries.with_newer`."""
        return self._moves.with_newer(model, target)

    def companions(
        self, origin: EnvSpec, target: EnvSpec, newer: Sequence[Mapping[str, str]]
    ) -> Iterator[EnvSpec]:
        """As :meth:`matrix.upgrade.moved_libraries.MovedLibraries.companions`."""
        return self._moves.companions(origin, target, newer)

    def neighbours(self, low: str, high: str, package: str = SCIKIT_LEARN) -> bool:
        """Whether two releases of a package are known to be neighbors."""
        return self._builds.neighbours(low, high, package)

    def releases_between(
        self, low: str, high: str, package: str = SCIKIT_LEARN
    ) -> tuple[str, ...] | None:
        """The releases of a package between two; None if the registry cannot be read."""
        return self._builds.releases_between(low, high, package)
