"""The origin and the targets of models, and their environments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.catalog import Catalog, checks
from matrix.catalog.origin import framework_origin, origin_spec, packages_for, readers_for
from matrix.catalog.requirements import ANY, EnvironmentRequest, read_request, spec_of
from matrix.catalog.split_requirements import split_requirements
from matrix.environments import history, prepare
from matrix.environments.prepare import Report
from matrix.environments.reasons import UnavailableError
from matrix.environments.releases import Registry
from matrix.errors import CannotTellError, MatrixError, UsageError
from matrix.inspection import Inspection
from matrix.model import Environment, EnvSpec, Lock, UnavailableReason
from matrix.model.environments import SCIKIT_LEARN
from matrix.upgrade.answer import Model, PackageLadder, Problem
from matrix.upgrade.nearest_release import OLDEST, nearest_release
from matrix.upgrade.needed_packages import NeededPackage, needed_packages, with_requirements
from matrix.upgrade.package_ladders import is_impossible, moved
from matrix.upgrade.stated_origins import note_of, with_stated
from matrix.worker.compat_worker.formats import READABLE


@dataclass(frozen=True, kw_only=True)
class UpgradeRequest:
    """The origin and the targets that the user requests."""

    origin: EnvironmentRequest | None = None
    """None reads it from each file."""
    targets: tuple[EnvironmentRequest, ...] = ()
    """Empty for every line of scikit-learn up to the newest."""
    further: tuple[str, ...] = ()
    """Requirements of every environment."""
    as_of: str = "today"
    """The date that requested targets are resolved as of."""
    as_of_named: bool = False
    """Whether the user named that date."""
    rollback: bool = False
    """Whether to check also the lines older than the origin."""

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
        """Read the options of the command line.

        Args:
            origins: requirements and files that describe the origin together.
            targets: each describes one environment in the same form: requirements and files,
                separated by spaces or commas.
            further, as_of, rollback: as in the class; ``as_of`` None is today.

        Raises:
            UsageError: one of them is not valid.
        """
        return cls(
            origin=read_request(_split(origins)) if origins else None,
            targets=tuple(read_request(split_requirements(text)) for text in targets),
            further=read_request(_split(further)).others if further else (),
            as_of=as_of or "today",
            as_of_named=as_of is not None,
            rollback=rollback,
        )


def needed_by(model: Model) -> tuple[str, ...]:
    """The packages that an environment needs to load the format of a model."""
    format_package = READABLE[model.format].package if model.format else ""
    compressed = "" if model.inspection is None else model.inspection.compression
    return tuple(filter(None, (format_package, "lz4" if compressed == "lz4" else "")))


def _name(requirement: str) -> str:
    return str(canonicalize_name(Requirement(requirement).name))


def _major(lock: Lock, package: str) -> int:
    return Version(lock.pins.get(package, "0")).major


def _bare_label(spec: EnvSpec) -> str:
    """The label of an environment without the libraries that it holds."""
    day = f" {spec.as_of}" if spec.label.endswith(f" {spec.as_of}") else ""
    return spec.label.partition(" ")[0] + day


def _version_in(requirement: str) -> str:
    """The version that a requirement names, as an EnvSpec takes it."""
    specifier = Requirement(requirement).specifier
    exact = [one.version for one in specifier if one.operator == "=="]
    if len(exact) == len(specifier) == 1 and not exact[0].endswith(".*"):
        return exact[0]
    return str(specifier) or "latest"


_NO_RELEASE = (UnavailableReason.NO_VERSION, UnavailableReason.NO_WHEEL)
"""Reasons that concern the release of scikit-learn alone."""
_OTHER_RELEASE = (
    *_NO_RELEASE,
    UnavailableReason.NO_INTERPRETER,
    UnavailableReason.CONFLICT,
    UnavailableReason.NO_IMPORT,
)
"""Reasons that do not hold for every release."""


def _release(model: Model) -> str:
    """The release that saved a model, as its file or its folder says; empty if unknown."""
    assert model.inspection is not None
    return max(model.inspection.versions.get("scikit-learn", ()), key=Version, default="")


def _split(texts: Sequence[str]) -> list[str]:
    return [part for text in texts for part in split_requirements(text)]


def _holding(spec: EnvSpec, model: Model, requirements: Sequence[str]) -> EnvSpec:
    """An environment with the packages that a model and its format need.

    Args:
        spec: the environment.
        model: the one to load there.
        requirements: for the known libraries that it needs.
    """
    spec = with_requirements(spec, requirements)
    named = {canonicalize_name(Requirement(text).name) for text in spec.requirements}
    needed = [package for package in needed_by(model) if package not in named]
    if not needed:
        return spec
    id_ = "-with-".join([spec.id, *needed])
    return replace(spec, id=id_, requirements=(*spec.requirements, *needed))


def _with_bounds(
    requested: EnvironmentRequest,
    release: str,
    model: Model,
    choose: Callable[[Version, Mapping[str, str]], tuple[tuple[str, ...], str]],
) -> tuple[EnvironmentRequest, str]:
    """A request with the packages that a file shows, and the day to resolve it as of.

    Args:
        requested: what it requires of a package stays as it is.
        release: of scikit-learn in it.
        model: whose file it is.
        choose: which of the packages.
    """
    named = {_name(text) for text in requested.others}
    bounds = {} if model.inspection is None else model.inspection.bounds
    others, day = choose(Version(release), {n: t for n, t in bounds.items() if n not in named})
    return replace(requested, others=(*requested.others, *others)), day


@dataclass
class Origins:
    """Decides the origin and the targets of models, and builds environments.

    Args:
        catalog: of the project; its own environments are not built.
        request: of the user.
        report: called for each step of building.
        pandas: whether every environment needs pandas.
        jobs, offline: as in :func:`matrix.environments.prepare`.
    """

    catalog: Catalog
    request: UpgradeRequest
    report: Report
    pandas: bool = True
    jobs: int = 1
    offline: bool = False
    _made: dict[str, Environment] = field(default_factory=dict)
    _requested: dict[str, EnvironmentRequest] = field(default_factory=dict)
    """By the id of a target, what the user requested."""
    _nearest: dict[str, str] = field(default_factory=dict)
    """By the id of a target, the nearest release that can be used."""
    _between: dict[tuple[str, str, str], tuple[str, ...] | None] = field(default_factory=dict)
    _without_stated: set[str] = field(default_factory=set)
    """The ids of models whose origin is not as their folder states it."""

    @property
    def environments(self) -> tuple[Environment, ...]:
        """All environments that were built, in the order of building."""
        return tuple(self._made.values())

    @property
    def made(self) -> Mapping[str, Environment]:
        """The same, by id."""
        return self._made

    @property
    def are_consecutive(self) -> bool:
        """Whether the targets are consecutive lines, between which a bisection makes sense."""
        return not self.request.targets

    def origin(self, model: Model) -> EnvSpec:
        """The origin of a model.

        Raises:
            UsageError: neither its file nor the user names it.
        """
        spec = self._origin(model)
        needed = needed_packages(model.inspection)
        spec = _holding(spec, model, [self._required(one, spec) for one in needed])
        if self.request.origin is not None:
            return spec
        stated = with_stated(spec, _release(model), model)
        if stated is spec or self.prepare([stated])[stated.id].ready:
            return stated
        self._without_stated.add(model.id)  # its versions are not available here together
        return spec

    def _origin(self, model: Model) -> EnvSpec:
        requested = self.request.origin
        if requested is not None and (requested.scikit_learn is not None or requested.file):
            day, release = "release", requested.scikit_learn or ""
            if not requested.file and release[:1].isdigit() and release.count(".") >= 2:
                requested, day = _with_bounds(requested, release, model, packages_for)
            return spec_of(requested, as_of=day, common=self.common)
        assert model.inspection is not None
        newest = _release(model)
        if not newest:
            return self._dated_by_framework(model.inspection)
        self._refuse_unavailable(Version(newest))
        if requested is not None:
            requested = replace(requested, scikit_learn=newest)
            requested, day = _with_bounds(requested, newest, model, packages_for)
            return spec_of(requested, as_of=day, common=self.common)
        return origin_spec(
            newest,
            bounds=model.inspection.bounds,
            python=model.inspection.python,
            common=self.common,
        )

    def _refuse_unavailable(self, version: Version) -> None:
        """Raise UsageError for a release that no environment can have, and name the nearest one."""
        if version.is_devrelease:
            what = "a development version, which no registry has"
        elif version < Version(OLDEST):
            what = f"older than {OLDEST}, the oldest release with wheels for Python 3.6 or newer"
        else:
            return
        raise UsageError(
            f"scikit-learn {version}, which saved it, is {what}", advice=self._take_nearest(version)
        )

    def _take_nearest(self, version: Version) -> str:
        """Advice to take the nearest release that can be used."""
        nearest = nearest_release(version, self._registry, self.catalog, offline=self.offline)
        if not nearest:
            return "Name the nearest release that can be used: --from scikit-learn==…"
        return (
            f"The nearest release that can be used is {nearest}; what it returns counts as right: "
            f"--from scikit-learn=={nearest}"
        )

    def target_notes(self, targets: Iterable[Environment]) -> Iterator[str]:
        """Yield a sentence for each requested target of a release that no environment can have."""
        for one in targets:
            release = one.spec.scikit_learn
            known = one.id in self._requested and release.count(".") >= 2
            if not known or one.why not in _NO_RELEASE:
                continue
            if one.id not in self._nearest:
                self._nearest[one.id] = nearest_release(
                    Version(release), self._registry, self.catalog, offline=self.offline
                )
            nearest = self._nearest[one.id]
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
        return Problem(message=message, advice=self._take_nearest(Version(release)))

    def _dated_by_framework(self, inspection: Inspection) -> EnvSpec:
        """The origin of a model whose file has no version of scikit-learn: as of another library.

        Raises:
            UsageError: neither its file nor the user names a version of one.
        """
        needed = needed_packages(inspection)
        requested = self.request.origin
        if requested is not None:
            named = {_name(text): text for text in requested.others}
            for one in needed:
                if one.name in named:
                    return spec_of(
                        replace(
                            requested,
                            scikit_learn=ANY,
                            framework=one.name,
                            framework_version=_version_in(named[one.name]),
                            others=tuple(t for t in requested.others if _name(t) != one.name),
                        ),
                        as_of="release",
                        common=self.common,
                    )
        for one in sorted(needed, key=lambda one: not one.version):
            if one.dating:
                return framework_origin(
                    one.name,
                    one.dating,
                    numpy=inspection.numpy,
                    python=inspection.python,
                    common=self.common,
                )
        others = "".join(f" {one.name}==…" for one in needed)
        advice = f'Name it: --from "scikit-learn==1.2.2{others}", or --from requirements.txt.'
        if inspection.root.kind.startswith("sklearn.") and not needed:
            advice = (
                "Releases before 0.18 did not write it. The nearest one that can be used is "
                f"{OLDEST}: --from scikit-learn=={OLDEST}"
            )
        raise UsageError(
            "the file does not contain the version of scikit-learn that saved it", advice=advice
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
            first = self._registry.release(checks.in_full(Version(lower)), one.name)
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
        uploaded = self._registry.release(version, framework).uploaded
        window = timedelta(days=self.catalog.release_window_days)
        return None if uploaded is None else uploaded + window

    def targets(self, model: Model, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        """The targets of a model with this origin.

        Raises:
            CannotTellError: the registry cannot be read.
        """
        held = self._held(model, origin)
        if not self.request.targets:
            return tuple(_holding(spec, model, held) for spec in self._lines(origin))
        found = []
        for requested in self.request.targets:
            if held and self._moves_libraries(requested, model):
                spec = moved(origin, self._lock(origin), requested.others, python="", strict=True)
                found.append(_holding(spec, model, ()))
                continue
            complete = self._complete(requested, origin)
            spec = spec_of(complete, as_of=self.request.as_of, common=self.common)
            found.append(_holding(spec, model, held))
            self._requested[found[-1].id] = complete
        return tuple(found)

    def _moves_libraries(self, requested: EnvironmentRequest, model: Model) -> bool:
        """Whether a target names nothing but known libraries that a model needs: all else stays."""
        names = {one.name for one in needed_packages(model.inspection)}
        only = requested.scikit_learn is None and requested.python is None and not requested.file
        return only and bool(requested.others) and {_name(t) for t in requested.others} <= names

    def _lines(self, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        """Every line of scikit-learn after the origin, and with ``rollback`` those before it."""
        release = self._release(origin)
        try:
            up = history.upgrade_specs(release, self._registry, common=self.common)
            if not self.request.rollback:
                return up
            return (*up, *history.rollback_specs(release, self._registry, common=self.common))
        except UnavailableError as error:
            raise CannotTellError(str(error)) from error

    def _complete(self, requested: EnvironmentRequest, origin: EnvSpec) -> EnvironmentRequest:
        """A request; without scikit-learn in it, the release of the origin stays."""
        if requested.scikit_learn is None and not requested.file:
            return replace(requested, scikit_learn=self._release(origin))
        return requested

    def _held(self, model: Model, origin: EnvSpec) -> tuple[str, ...]:
        """The known libraries that a model needs, at the versions of its origin.

        Raises:
            CannotTellError: the origin is not available.
        """
        needed = needed_packages(model.inspection)
        pins = self._lock(origin).pins if needed else {}
        return tuple(
            one.framework.requirement(pins[one.name]) for one in needed if one.name in pins
        )

    def as_released(self, model: Model, origin: EnvSpec, target: EnvSpec) -> EnvSpec | None:
        """A requested target as of its release; None if the user named a day for it.

        A file that newer packages wrote makes it as of these.
        """
        requested = self._requested.get(target.id)
        if requested is None or self.request.as_of_named or target.scikit_learn == "latest":
            return None
        day = "release"
        if not requested.file and target.scikit_learn.count(".") >= 2:
            requested, day = _with_bounds(requested, target.scikit_learn, model, readers_for)
        spec = spec_of(requested, as_of=day, common=self.common)
        return _holding(spec, model, self._held(model, origin))

    def between(self, model: Model, origin: EnvSpec, low: str, high: str) -> EnvSpec | None:
        """The release in the middle between two; None if there is none, or it is unknown."""
        found = self.releases_between(low, high)
        if not found:
            return None
        requested = EnvironmentRequest(scikit_learn=found[len(found) // 2])
        spec = spec_of(requested, as_of="release", common=self.common)
        return _holding(spec, model, self._held(model, origin))

    def ladders(self, model: Model, origin: EnvSpec) -> tuple[PackageLadder, ...]:
        """For each known library that a model needs, its lines after the version of the origin.

        The environments are built, because a line may not go with the scikit-learn of the origin.

        Raises:
            CannotTellError: the origin is not available, or the registry cannot be read.
        """
        if self.request.targets:
            return ()
        pins = self._lock(origin).pins if needed_packages(model.inspection) else {}
        names = [one.name for one in needed_packages(model.inspection) if one.name in pins]
        return tuple(self._ladder(model, origin, name, pins[name]) for name in names)

    def _ladder(self, model: Model, origin: EnvSpec, package: str, version: str) -> PackageLadder:
        try:
            releases = history.newest_of_lines(version, self._registry, package=package)
        except UnavailableError as error:
            raise CannotTellError(str(error)) from error
        specs = self.moved(model, origin, package, releases)
        return PackageLadder(
            package=package,
            targets=tuple(spec for spec in specs.values() if spec is not None),
            impossible=tuple(release for release, spec in specs.items() if spec is None),
        )

    def moved(
        self, model: Model, origin: EnvSpec, package: str, releases: Sequence[str]
    ) -> dict[str, EnvSpec | None]:
        """The environment of the origin with other releases of a package, by release.

        None if a release cannot be installed beside the scikit-learn of the origin.
        """
        lock = self._lock(origin)
        python = "" if model.inspection is None else model.inspection.python
        found: dict[str, EnvSpec | None] = {}
        due = list(releases)
        for strict in (True, False):
            specs = {
                one: _holding(
                    moved(origin, lock, [f"{package}=={one}"], python=python, strict=strict),
                    model,
                    (),
                )
                for one in due
            }
            made = self.prepare(specs.values())
            impossible = [one for one in due if is_impossible(made[specs[one].id])]
            found.update((one, None if one in impossible else specs[one]) for one in due)
            for one in impossible:
                del self._made[specs[one].id]
            due = impossible
        return {release: found[release] for release in releases}

    def with_newer(self, model: Model, target: EnvSpec) -> EnvSpec | None:
        """A target with newer releases of the libraries that it holds; None if it holds none."""
        names = {one.name for one in needed_packages(model.inspection)}
        held = [t for t in target.requirements if _name(t) in names and "==" in t]
        if not held:
            return None
        kept = tuple(text for text in target.requirements if text not in held)
        bare = replace(target, label=_bare_label(target), requirements=kept)
        return with_requirements(bare, [text.replace("==", ">") for text in held])

    def companions(
        self, origin: EnvSpec, target: EnvSpec, newer: Sequence[Mapping[str, str]]
    ) -> Iterator[EnvSpec]:
        """Yield a target with newer libraries, and with the line of numpy that the origin has.

        Args:
            origin: where the model comes from.
            target: a bad one; its environment was built.
            newer: each has specifiers of other versions of libraries, by name.
        """
        lock = self._lock(target)
        for versions in newer:
            changed = [f"{name}{specifier}" for name, specifier in versions.items()]
            yield moved(target, lock, changed, python="", strict=True)
        here, there = (_major(self._lock(spec), "numpy") for spec in (origin, target))
        if here != there:
            yield replace(
                target,
                id=f"{target.id}-numpy{here}",
                label=f"{target.label} numpy{here}",
                constraints=(*target.constraints, f"numpy<{here + 1}"),
            )

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
                    low, high, self._registry, package=package
                )
            except UnavailableError:
                self._between[key] = None
        return self._between[key]

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

    def notes(self, model: Model) -> tuple[str, ...]:
        """Notes about the origin and the targets of a model."""
        if model.inspection is None:
            return ()
        requests = (self.request.origin, *self.request.targets)
        sources = self.catalog.sources.words
        return (
            *model.notes,
            *self._chosen_versions(model),
            *([stated] if (stated := self._stated(model)) else []),
            *([f"packages also come from {sources} ({self.catalog.source})"] if sources else []),
            *(note.text for note in model.inspection.notes),
            *(note for requested in requests if requested is not None for note in requested.notes),
        )

    def _chosen_versions(self, model: Model) -> Iterator[str]:
        """Yield a sentence for each library whose version the file does not have."""
        try:
            spec = self.origin(model)
        except MatrixError:
            return
        lock = None if spec.id not in self._made else self._made[spec.id].lock
        named = {_name(text) for text in self._from_user}
        for one in needed_packages(model.inspection):
            version = "" if lock is None else lock.pins.get(one.name, "")
            if version and not one.version and one.name not in named:
                within = f" (one of {one.name}{one.bounds})" if one.bounds else ""
                yield (
                    f"the file does not say which version of {one.name} saved it{within}: "
                    f"{version} was used; name another with --from {one.name}==…"
                )

    @property
    def _from_user(self) -> tuple[str, ...]:
        """The requirements that the user named for origins."""
        origin = () if self.request.origin is None else self.request.origin.others
        return (*self.request.further, *origin)

    def _stated(self, model: Model) -> str:
        """What of the origin the folder of a model states, in words."""
        if self.request.origin is not None or not model.stated.source:
            return ""
        if model.id not in self._without_stated:
            return note_of(model, _release(model))
        return (
            f"the versions of {model.stated.source} are not available together here: its origin "
            "has packages as of the release of scikit-learn"
        )

    @property
    def common(self) -> tuple[str, ...]:
        """The requirements of every environment beside scikit-learn."""
        requirements = (*self.catalog.requirements, *self.request.further)
        named = {canonicalize_name(Requirement(text).name) for text in requirements}
        return requirements if not self.pandas or "pandas" in named else ("pandas", *requirements)

    def _release(self, origin: EnvSpec) -> str:
        """The exact release of an origin; its environment is built if necessary."""
        if origin.scikit_learn.count(".") >= 2:
            return origin.scikit_learn
        return self._lock(origin).pins["scikit-learn"]

    def _lock(self, origin: EnvSpec) -> Lock:
        """The lock of an origin; its environment is built if necessary."""
        made = self.prepare([origin])[origin.id]
        if made.lock is None:
            raise CannotTellError(f"its origin is not available: {made.reason}")
        return made.lock

    @cached_property
    def _registry(self) -> Registry:
        return history.open_registry(self.catalog, offline=self.offline)
