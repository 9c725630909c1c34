"""Where models come from and where they may go, and the environments for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.catalog import Catalog
from matrix.catalog.origin import origin_spec
from matrix.catalog.requirements import EnvironmentRequest, read_request, spec_of
from matrix.catalog.split_requirements import split_requirements
from matrix.environments import history, prepare
from matrix.environments.prepare import Report
from matrix.environments.reasons import UnavailableError
from matrix.environments.releases import Registry
from matrix.errors import CannotTellError, UsageError
from matrix.model import Environment, EnvSpec
from matrix.upgrade.answer import Model
from matrix.worker.compat_worker.formats import FORMATS


@dataclass(frozen=True, kw_only=True)
class UpgradeRequest:
    """What the user says of where models come from, and where they may go."""

    origin: EnvironmentRequest | None = None
    """None takes what each file tells."""
    targets: tuple[EnvironmentRequest, ...] = ()
    """None takes every line up to the newest."""
    further: tuple[str, ...] = ()
    """Requirements of every environment."""
    as_of: str = "today"
    """Of the targets that were named."""
    rollback: bool = False
    """Whether to ask the lines below the origin too."""

    @classmethod
    def read(
        cls,
        *,
        origins: Sequence[str],
        targets: Sequence[str],
        further: Sequence[str],
        as_of: str | None,
        rollback: bool,
    ) -> UpgradeRequest:
        """Read what was typed.

        Args:
            origins: requirements and files that describe together where models come from.
            targets: each describes one environment in the same form: requirements and files,
                separated by spaces or commas.
            further, as_of, rollback: as in the class; ``as_of`` None is today.

        Raises:
            UsageError: something in it cannot be understood.
        """
        return cls(
            origin=read_request(_split(origins)) if origins else None,
            targets=tuple(read_request(split_requirements(text)) for text in targets),
            further=read_request(_split(further)).others if further else (),
            as_of=as_of or "today",
            rollback=rollback,
        )


def needed_by(model: Model) -> tuple[str, ...]:
    """What the format of a model needs in every environment that is to load it."""
    package = FORMATS[model.format].package if model.format else ""
    return (package,) if package else ()


def _split(texts: Sequence[str]) -> list[str]:
    return [part for text in texts for part in split_requirements(text)]


def _holding(spec: EnvSpec, model: Model) -> EnvSpec:
    """An environment with what the format of a model needs, if it does not name it already."""
    named = {canonicalize_name(Requirement(text).name) for text in spec.requirements}
    needed = [package for package in needed_by(model) if package not in named]
    if not needed:
        return spec
    id_ = "-with-".join([spec.id, *needed])
    return replace(spec, id=id_, requirements=(*spec.requirements, *needed))


@dataclass
class Origins:
    """Says where models come from and may go, and makes environments.

    Args:
        catalog: of the project; none of its environments is made.
        wishes: what the user said.
        pandas: whether every environment needs pandas.
        report: is told of each step of building.
        pandas: whether every environment needs it.
        jobs, offline: as in :func:`matrix.environments.prepare`.
    """

    catalog: Catalog
    wishes: UpgradeRequest
    report: Report
    pandas: bool = True
    jobs: int = 1
    offline: bool = False
    _made: dict[str, Environment] = field(default_factory=dict)
    _between: dict[tuple[str, str], tuple[str, ...] | None] = field(default_factory=dict)

    @property
    def environments(self) -> tuple[Environment, ...]:
        """All that were made, in the order of their making."""
        return tuple(self._made.values())

    @property
    def in_a_row(self) -> bool:
        """Whether the targets are releases in a row, between which others can be looked for."""
        return not self.wishes.targets

    def origin(self, model: Model) -> EnvSpec:
        """Where a model comes from.

        Raises:
            UsageError: its file does not tell, and nobody else did.
        """
        return _holding(self._origin(model), model)

    def _origin(self, model: Model) -> EnvSpec:
        wish = self.wishes.origin
        if wish is not None and (wish.scikit_learn is not None or wish.file):
            return spec_of(wish, as_of="release", common=self.common)
        assert model.inspection is not None
        versions = model.inspection.versions.get("scikit-learn", ())
        if not versions:
            raise UsageError(
                "the file does not tell which scikit-learn it was saved by",
                advice="Say it with --from scikit-learn==…, a requirements file or a lock.",
            )
        newest = max(versions, key=Version)
        if wish is not None:
            return spec_of(replace(wish, scikit_learn=newest), as_of="release", common=self.common)
        return origin_spec(
            newest,
            numpy=model.inspection.numpy,
            python=model.inspection.python,
            common=self.common,
        )

    def targets(self, model: Model, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        """Where a model from there may go.

        Raises:
            CannotTellError: the registry cannot be asked which releases there are.
        """
        return tuple(_holding(spec, model) for spec in self._targets(origin))

    def _targets(self, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        if self.wishes.targets:
            return tuple(self._target(wish, origin) for wish in self.wishes.targets)
        release = self._release(origin)
        try:
            up = history.upgrade_specs(release, self._registry, common=self.common)
            if not self.wishes.rollback:
                return up
            return (*up, *history.rollback_specs(release, self._registry, common=self.common))
        except UnavailableError as error:
            raise CannotTellError(str(error)) from error

    def _target(self, wish: EnvironmentRequest, origin: EnvSpec) -> EnvSpec:
        """A target that was named; where it says nothing of scikit-learn, that stays."""
        if wish.scikit_learn is None and not wish.file:
            wish = replace(wish, scikit_learn=self._release(origin))
        return spec_of(wish, as_of=self.wishes.as_of, common=self.common)

    def between(self, model: Model, low: str, high: str) -> EnvSpec | None:
        """The release in the middle between two; None if there is none, or nobody can tell."""
        found = self._releases_between(low, high)
        if not found:
            return None
        wish = EnvironmentRequest(scikit_learn=found[len(found) // 2])
        return _holding(spec_of(wish, as_of="release", common=self.common), model)

    def neighbours(self, low: str, high: str) -> bool:
        """Whether it is known that there is no release between two."""
        return self._releases_between(low, high) == ()

    def _releases_between(self, low: str, high: str) -> tuple[str, ...] | None:
        """The releases between two; None if the registry does not tell."""
        if (low, high) not in self._between:
            try:
                self._between[low, high] = history.releases_between(low, high, self._registry)
            except UnavailableError:
                self._between[low, high] = None
        return self._between[low, high]

    def prepare(self, specs: Iterable[EnvSpec]) -> Mapping[str, Environment]:
        """The environments of these and of all that were asked for before, by id."""
        new = {spec.id: spec for spec in specs if spec.id not in self._made}
        if new:
            wanted = replace(self.catalog, specs=tuple(new.values()), known=(), select=())
            made = prepare(
                wanted,
                jobs=self.jobs,
                offline=self.offline,
                remember=False,
                report=self.report,
            )
            self._made.update((one.id, one) for one in made)
        return self._made

    def notes(self, model: Model) -> tuple[str, ...]:
        """What is worth a line of where a model comes from."""
        if model.inspection is None:
            return ()
        said = [*model.notes, *(note.text for note in model.inspection.notes)]
        wishes = (self.wishes.origin, *self.wishes.targets)
        return (*said, *(note for wish in wishes if wish is not None for note in wish.notes))

    @property
    def common(self) -> tuple[str, ...]:
        """What every environment holds beside scikit-learn."""
        said = (*self.catalog.requirements, *self.wishes.further)
        named = {canonicalize_name(Requirement(text).name) for text in said}
        return said if not self.pandas or "pandas" in named else ("pandas", *said)

    def _release(self, origin: EnvSpec) -> str:
        """The exact release of an origin, which is made for that if it has to be."""
        if origin.scikit_learn.count(".") >= 2:
            return origin.scikit_learn
        made = self.prepare([origin])[origin.id]
        if made.lock is None:
            raise CannotTellError(f"the environment it comes from cannot be had: {made.reason}")
        return made.lock.pins["scikit-learn"]

    @cached_property
    def _registry(self) -> Registry:
        return history.open_registry(self.catalog, offline=self.offline)
