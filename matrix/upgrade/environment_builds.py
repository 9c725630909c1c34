"""The environments of an upgrade check: builds them, and keeps those that were built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.catalog import Catalog
from matrix.environments import history, prepare
from matrix.environments.prepare import Report
from matrix.environments.reasons import UnavailableError
from matrix.environments.releases import Registry
from matrix.errors import CannotTellError
from matrix.model import Environment, EnvSpec, Lock
from matrix.model.environments import SCIKIT_LEARN


@dataclass
class EnvironmentBuilds:
    """Builds environments, and reads from the registry which releases there are.

    Args:
        catalog: of the project; its own environments are not built.
        further: requirements of every environment, from the user.
        report: called for each step of building.
        pandas: whether every environment needs pandas.
        jobs, offline: as in :func:`matrix.environments.prepare`.
    """

    catalog: Catalog
    further: Sequence[str]
    report: Report
    pandas: bool = True
    jobs: int = 1
    offline: bool = False
    _made: dict[str, Environment] = field(default_factory=dict)
    _between: dict[tuple[str, str, str], tuple[str, ...] | None] = field(default_factory=dict)

    @property
    def environments(self) -> tuple[Environment, ...]:
        """All environments that were built, in the order of building."""
        return tuple(self._made.values())

    @property
    def made(self) -> Mapping[str, Environment]:
        """The same, by id."""
        return self._made

    def put_in_order(self, ids: Iterable[str]) -> None:
        """Put environments in front, in this order; ids of others are left out."""
        first = {id_: self._made[id_] for id_ in ids if id_ in self._made}
        others = {id_: one for id_, one in self._made.items() if id_ not in first}
        self._made = {**first, **others}

    def forget(self, spec: EnvSpec) -> None:
        """Leave out an environment that was tried and answers nothing."""
        del self._made[spec.id]

    def prepare(self, specs: Iterable[EnvSpec]) -> Mapping[str, Environment]:
        """The environments of these and of all earlier specifications, by id."""
        new = {spec.id: spec for spec in specs if spec.id not in self._made}
        if new:
            requested = replace(self.catalog, specs=tuple(new.values()), known=(), select=())
            made = prepare(
                requested,
                jobs=self.jobs,
                offline=self.offline,
                remember=False,
                report=self.report,
            )
            self._made.update((one.id, one) for one in made)
        return self._made

    def neighbours(self, low: str, high: str, package: str = SCIKIT_LEARN) -> bool:
        """Whether two releases of a package are known to be neighbors."""
        return self.releases_between(low, high, package) == ()

    def releases_between(
        self, low: str, high: str, package: str = SCIKIT_LEARN
    ) -> tuple[str, ...] | None:
        """The releases of a package between two; None if the registry cannot be read."""
        key = (package, low, high)
        if key not in self._between:
            try:
                self._between[key] = history.releases_between(
                    low, high, self.registry, package=package
                )
            except UnavailableError:
                self._between[key] = None
        return self._between[key]

    @property
    def common(self) -> tuple[str, ...]:
        """The requirements of every environment beside scikit-learn."""
        requirements = (*self.catalog.requirements, *self.further)
        named = {canonicalize_name(Requirement(text).name) for text in requirements}
        return requirements if not self.pandas or "pandas" in named else ("pandas", *requirements)

    def release(self, origin: EnvSpec) -> str:
        """The exact release of scikit-learn in an origin; it is built if necessary.

        Raises:
            CannotTellError: it is not available.
        """
        if origin.scikit_learn.count(".") >= 2:
            return origin.scikit_learn
        return self.lock(origin).pins["scikit-learn"]

    def lock(self, origin: EnvSpec) -> Lock:
        """The lock of an origin; its environment is built if necessary.

        Raises:
            CannotTellError: it is not available.
        """
        made = self.prepare([origin])[origin.id]
        if made.lock is None:
            raise CannotTellError(f"its origin is not available: {made.reason}")
        return made.lock

    @cached_property
    def registry(self) -> Registry:
        """The releases of packages."""
        return history.open_registry(self.catalog, offline=self.offline)
