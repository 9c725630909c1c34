"""Resolve requested environments to locks: exact pins on one interpreter, or a reason."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.catalog import Catalog, checks, environment_names
from matrix.environments import interpreters
from matrix.environments.downloads import downloadable, install
from matrix.environments.environment_store import EnvironmentStore
from matrix.environments.files import read_json, write_json
from matrix.environments.old_releases import complete
from matrix.environments.reasons import UnavailableError, UnavailableReason
from matrix.environments.releases import Registry, Release, requirement
from matrix.environments.uv import Uv
from matrix.environments.uv_settings import clean_environ, settings_text
from matrix.errors import CannotTellError, UsageError
from matrix.frameworks import BY_NAME
from matrix.model import EnvSpec, Interpreter, Lock
from matrix.model.codec import READ_ERRORS, from_json, to_json
from matrix.model.environments import SCIKIT_LEARN

_THREADS = 8
"""uv waits for the registry more than it computes."""
_HOPELESS = frozenset(
    {UnavailableReason.OUT_OF_REACH, UnavailableReason.NOT_CACHED, UnavailableReason.CONTRADICTION}
)
"""Reasons that another Python would not change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """The result for one EnvSpec: a lock, or the reason why there is none."""

    spec: EnvSpec
    lock: Lock | None = None
    reason: str = ""
    why: UnavailableReason | None = None


def resolve(
    catalog: Catalog,
    *,
    offline: bool = False,
    report: Callable[[Resolved], None] | None = None,
) -> tuple[Resolved, ...]:
    """Resolve every environment of a catalog.

    ``latest`` becomes the newest release and every line between it and the last listed line. If a
    listed line is the newest one, ``latest`` becomes that environment. Locks as of a past day are
    kept in the environment store; the release of a line is looked up each time.

    Args:
        catalog: with the environments, the folder of uv's settings and the environment store.
        offline: whether to use only the cache of uv, and no registry.
        report: called with each result as soon as it is ready, in the thread of the caller.

    Raises:
        CannotTellError: this machine has no interpreter that uv can use.
        UsageError: a glob of the selection matches no environment, ``latest`` included.
    """
    return _Resolver(catalog, offline).resolve(report or (lambda _: None))


class _Resolver:
    def __init__(self, catalog: Catalog, offline: bool) -> None:
        self._catalog = catalog
        self._uv = Uv(sources=catalog.sources, offline=offline)
        self._store = EnvironmentStore.of(catalog)
        self._may_download = catalog.download_python and not offline
        self._interpreters = interpreters.find(self._store.interpreters_file)
        if not self._interpreters:
            raise CannotTellError(
                "there is no CPython 3.6 or newer on this machine", advice="uv python install 3.13"
            )
        self._settings = json.dumps([settings_text(), str(catalog.sources)])
        self._releases: dict[tuple[str, str], Release | UnavailableError] = {}
        """By library and requested version."""
        self._done: dict[str, Resolved] = {}

    def resolve(self, report: Callable[[Resolved], None]) -> tuple[Resolved, ...]:
        with ThreadPoolExecutor(max_workers=_THREADS) as pool:
            needed = _with_bases(self._catalog.specs, self._catalog.known)
            registry = Registry(uv=self._uv, interpreters=self._interpreters)
            self._find_releases(needed, registry, pool)
            specs = self._expand(registry, pool)
            waiting = list(dict.fromkeys([*specs, *_with_bases(specs, needed)]))
            while waiting:
                ready = [s for s in waiting if s.like is None or s.like in self._done] or waiting
                for resolved in pool.map(self._resolve, ready):
                    self._done[resolved.spec.id] = resolved
                    if resolved.spec in specs:
                        report(resolved)
                waiting = [spec for spec in waiting if spec not in ready]
        return tuple(self._done[spec.id] for spec in specs)

    def _find_releases(
        self, specs: Iterable[EnvSpec], registry: Registry, pool: ThreadPoolExecutor
    ) -> None:
        """Find the release that each environment is resolved as of."""
        requested: dict[str, list[str]] = {}
        for framework, version in (spec.dated_by for spec in specs):
            requested.setdefault(framework, []).append(version)
        for framework, versions in requested.items():
            found = registry.releases(versions, pool, package=framework)
            self._releases.update(((framework, text), one) for text, one in found.items())

    # -------------------------------------------------------------------- latest

    def _expand(self, registry: Registry, pool: ThreadPoolExecutor) -> list[EnvSpec]:
        """Replace ``latest`` by its environments of today, and apply the selection to them."""
        expanded: list[EnvSpec] = []
        chosen: set[str] = set()
        for spec in self._catalog.specs:
            framework, version = spec.dated_by
            release = self._releases[framework, version]
            if version != "latest" or spec.like or isinstance(release, UnavailableError):
                expanded.append(spec)
                continue
            for new in self._new_lines(framework, release, registry, pool):
                id_, label = environment_names.meaning_of_latest(
                    spec.id, spec.label, new.line, framework
                )
                if id_ == spec.id and new is not release:
                    continue  # an environment with a ``name`` is the newest line only
                expanded.append(replace(spec.at(new.line), id=id_, label=label))
                self._releases[framework, new.line] = new
                if _matches(spec.id, self._catalog.select):
                    chosen.add(id_)
        distinct: dict[str, EnvSpec] = {}
        for spec in expanded:
            distinct.setdefault(spec.id, spec)
        return self._selected(list(distinct.values()), chosen)

    def _new_lines(
        self, framework: str, newest: Release, registry: Registry, pool: ThreadPoolExecutor
    ) -> list[Release]:
        """Return the newest release, and that of each line between it and the last listed line."""
        listed = [
            Version(release.line)
            for spec in self._catalog.known
            if spec.framework == framework and spec.dated_by[1] not in checks.NEWEST
            for release in [self._releases.get(spec.dated_by)]
            if isinstance(release, Release)
        ]
        if not listed or Version(newest.line) <= max(listed):
            return [newest]
        return registry.lines_after(newest, str(max(listed)), pool, package=framework)

    def _selected(self, specs: list[EnvSpec], chosen: set[str]) -> list[EnvSpec]:
        select = self._catalog.select
        ids = [spec.id for spec in specs]
        for glob in select:
            available = (*ids, *(spec.id for spec in self._catalog.specs))
            if not any(fnmatchcase(id_, glob) for id_ in available):
                raise UsageError(
                    f"no environment matches {glob!r}", advice=f"environments: {', '.join(ids)}"
                )
        if not select:
            return specs
        return [spec for spec in specs if spec.id in chosen or _matches(spec.id, select)]

    # -------------------------------------------------------------------- one environment

    def _resolve(self, spec: EnvSpec) -> Resolved:
        try:
            return Resolved(spec=spec, lock=self._lock(spec))
        except UnavailableError as error:
            return Resolved(spec=spec, reason=str(error), why=error.why)

    def _lock(self, spec: EnvSpec) -> Lock:
        release = self._releases[spec.dated_by]
        if isinstance(release, UnavailableError):
            raise release
        base = self._base(spec)
        requirements = _requirements(spec, release)
        query = _ResolveKey(
            requirements=(_dated(spec, release), *requirements),
            as_of=_day(spec, release, self._catalog.release_window_days),
            constraints=spec.constraints,
            exempt=_pinned((*requirements, *spec.constraints)),
        )
        candidates = interpreters.matching(self._interpreters, spec.python)
        if base is not None:
            query, held = _held(query, spec, base[0], base[1])
            candidates = (base[1].interpreter,) if held else candidates
            return self._find_lock(spec, query, candidates)
        while True:
            try:
                return self._find_lock(spec, query, candidates)
            except UnavailableError as error:
                query = _later(query, error)

    def _base(self, spec: EnvSpec) -> tuple[EnvSpec, Lock] | None:
        if spec.like is None:
            return None
        base = self._done.get(spec.like)
        if base is None:
            raise UnavailableError(UnavailableReason.OTHER, f"like {spec.like}, which is not there")
        if base.lock is None:
            raise UnavailableError(
                UnavailableReason.OTHER, f"like {spec.like}, which cannot: {base.reason}"
            )
        return base.spec, base.lock

    def _find_lock(
        self, spec: EnvSpec, query: _ResolveKey, candidates: tuple[Interpreter, ...]
    ) -> Lock:
        """Resolve on the first Python that can; a missing Python may be downloaded.

        Raises:
            UnavailableError: no Python can.
        """
        name = query.key(spec.python, candidates, self._settings)
        kept = self._store.resolved / f"{name}.json"
        lock = self._kept(query, kept, candidates)
        if lock is not None:
            return lock
        errors: list[UnavailableError] = []
        for candidate in candidates:
            try:
                lock = self._resolve_on(query, candidate)
            except UnavailableError as error:
                errors.append(error)
                if error.why in _HOPELESS:
                    raise
            else:
                if query.as_of is not None:
                    write_json(kept, to_json(lock))
                return lock
        return self._downloaded(spec, query, candidates, errors)

    def _resolve_on(self, query: _ResolveKey, interpreter: Interpreter) -> Lock:
        pins = self._pins(query, interpreter.version)
        return Lock(interpreter=interpreter, pins=pins, as_of=query.as_of)

    def _pins(self, query: _ResolveKey, python: str) -> Mapping[str, str]:
        """Resolve on a Python, with what the metadata of known libraries leave out."""
        pins = query.resolve(self._uv, self._store, self._interpreters[0].path, python)
        _check(query.requirements[0], pins)
        further = _undeclared(pins)
        if not further:
            return pins
        query = replace(query, requirements=(*query.requirements, *further))
        return query.resolve(self._uv, self._store, self._interpreters[0].path, python)

    def _kept(
        self, query: _ResolveKey, file: Path, candidates: Iterable[Interpreter]
    ) -> Lock | None:
        """Return the lock that an earlier run found for the same query on a past day."""
        found = read_json(file) if query.as_of is not None else None
        if found is None:
            return None
        try:
            lock = from_json(found, Lock)
        except READ_ERRORS:
            return None
        for interpreter in candidates:
            if interpreter.minor == lock.interpreter.minor:
                return replace(lock, interpreter=interpreter)
        return None

    def _downloaded(
        self,
        spec: EnvSpec,
        query: _ResolveKey,
        candidates: tuple[Interpreter, ...],
        errors: list[UnavailableError],
    ) -> Lock:
        """Resolve for a Python that can be downloaded, and download it.

        Raises:
            UnavailableError: no Python can, or downloads are not allowed.
        """
        failed = _summary(spec, candidates, errors)
        if not self._may_download:
            raise failed
        here = {interpreter.minor for interpreter in candidates}
        for python in downloadable(self._uv, spec.python):
            if python in here:
                continue
            try:
                pins = self._pins(query, python)
            except UnavailableError:
                continue
            interpreter = install(self._uv, python, needed_by=failed)
            return Lock(interpreter=interpreter, pins=pins, as_of=query.as_of)
        raise failed


# ------------------------------------------------------------------------ calls of uv


@dataclass(frozen=True, kw_only=True, slots=True)
class _ResolveKey:
    """Everything that the pins of an environment depend on, except for the Python."""

    requirements: tuple[str, ...]
    """The requirement of the library that dates the environment comes first."""
    as_of: date | None
    constraints: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    freed: bool = False
    """Whether packages that had no wheel on the day were made exempt from it."""
    years: int = 0
    """By how many the day was moved."""

    def resolve(
        self, uv: Uv, store: EnvironmentStore, interpreter: Path, python: str
    ) -> dict[str, str]:
        with store.temporary() as folder:
            file = folder / "constraints.txt"
            file.write_text("\n".join(self.constraints), encoding="utf-8")
            return uv.compile(
                self.requirements,
                interpreter=interpreter,
                python=python,
                as_of=self.as_of,
                constraints=file if self.constraints else None,
                exempt=self.exempt,
            )

    def key(self, python: str, candidates: Iterable[Interpreter], settings: str) -> str:
        """Return the key of a stored lock: a digest of everything that it depends on."""
        index = {key: value for key, value in clean_environ().items() if key.startswith("UV_")}
        everything = [
            self.requirements,
            str(self.as_of),
            self.constraints,
            self.exempt,
            python,
            [candidate.minor for candidate in candidates],
            sys.platform,
            sorted(index.items()),
            settings,
        ]
        return hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:32]


def _day(spec: EnvSpec, release: Release, window: int) -> date | None:
    """Return the last day whose uploads are included; None for all.

    Raises:
        UnavailableError: the day of the release is needed, and unknown.
    """
    if spec.as_of == "today":
        return None
    if spec.as_of != "release":
        return date.fromisoformat(spec.as_of)
    if release.uploaded is None:
        raise UnavailableError(
            UnavailableReason.OTHER,
            f"the registry does not say when {spec.framework} {release.version} came out,"
            ' so "as of its release" has no meaning; set as-of = "today"',
        )
    day = release.uploaded + timedelta(days=window)
    return day if day < date.today() else None


def _held(query: _ResolveKey, spec: EnvSpec, base: EnvSpec, lock: Lock) -> tuple[_ResolveKey, bool]:
    """Constrain a query to the pins of the base environment, except for changed packages.

    Returns:
        The query, and whether the Python of the base must be used too.
    """
    changed = {_name(r) for r in spec.requirements if r not in base.requirements}
    if spec.scikit_learn != base.scikit_learn:
        changed.add("scikit-learn")
    if spec.dated_by != base.dated_by:
        changed.add(spec.framework)
    if spec.as_of != base.as_of:
        return query, spec.python == base.python
    pins = {name: version for name, version in lock.pins.items() if name not in changed}
    constraints = tuple(f"{name}=={version}" for name, version in sorted(pins.items()))
    held = replace(
        query,
        as_of=lock.as_of,
        constraints=(*spec.constraints, *constraints),
        exempt=tuple(sorted(changed)),
    )
    return held, spec.python == base.python


def _name(requirement: str) -> str:
    return str(canonicalize_name(Requirement(requirement).name))


def _dated(spec: EnvSpec, release: Release) -> str:
    """Return the requirement for the library that dates an environment: one release, or a range.

    The resolver chooses from a range, as an installer would: the newest release may not be
    compatible with the Python and the other requirements.
    """
    framework, version = spec.dated_by
    is_range = not version[:1].isdigit() and version not in checks.NEWEST
    return requirement(version, framework) if is_range else f"{framework}=={release.version}"


def _requirements(spec: EnvSpec, release: Release) -> tuple[str, ...]:
    """Return the requirements beside that of the library that dates an environment."""
    if spec.framework == SCIKIT_LEARN:
        return complete(spec, release.version)
    if not spec.scikit_learn:
        return spec.requirements
    return (requirement(spec.scikit_learn), *spec.requirements)


def _undeclared(pins: Mapping[str, str]) -> tuple[str, ...]:
    """Return what libraries in an environment need and their metadata do not declare."""
    return tuple(text for name in pins if name in BY_NAME for text in BY_NAME[name].further(pins))


def _pinned(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return the packages that are pinned to one version; they are exempt from the date limit."""
    parsed = [Requirement(text) for text in requirements]
    exact = [r for r in parsed if any(_is_exact(each) for each in r.specifier)]
    return tuple(sorted({str(canonicalize_name(r.name)) for r in exact}))


def _is_exact(specifier: Specifier) -> bool:
    return specifier.operator in {"==", "==="} and not specifier.version.endswith(".*")


def _check(requested: str, pins: Mapping[str, str]) -> None:
    """Raise UnavailableError if the pins do not have the requested release."""
    got = pins.get(_name(requested))
    if got is None or not Requirement(requested).specifier.contains(got, prereleases=True):
        raise UnavailableError(
            UnavailableReason.DIFFERS, f"{requested} was requested, got {got or 'none'}"
        )


_STACK = frozenset({SCIKIT_LEARN, "numpy", "scipy", "joblib", "pandas"})
"""Packages of which a release long after the others may not work with them."""
_MOST_YEARS = 3
_YEAR = timedelta(days=365)


def _later(query: _ResolveKey, error: UnavailableError) -> _ResolveKey:
    """The query with later releases of packages that had no wheel on its day.

    It is a year later for all packages where any scikit-learn will do, but a newer Python than that
    day's is needed, and where a package from a later day needs a newer numpy.

    Raises:
        UnavailableError: the given one, if none may help.
    """
    new = error.packages - {*query.exempt, _name(query.requirements[0])}
    if query.as_of is None or not new:
        raise error
    if not new <= _STACK:
        later = new - _STACK
        return replace(query, exempt=tuple(sorted({*query.exempt, *later})), freed=True)
    if query.years == (1 if query.freed else _MOST_YEARS if SCIKIT_LEARN in new else 0):
        raise error
    day = query.as_of + _YEAR
    return replace(query, as_of=day if day < date.today() else None, years=query.years + 1)


def _summary(
    spec: EnvSpec, candidates: tuple[Interpreter, ...], errors: Sequence[UnavailableError]
) -> UnavailableError:
    """Summarize the errors of all Pythons in one."""
    if not candidates:
        python = spec.python if spec.python not in {"newest", "oldest"} else "3.6 or newer"
        return UnavailableError(
            UnavailableReason.NO_INTERPRETER, f"there is no Python {python} on this machine"
        )
    telling = [error for error in errors if error.why is not UnavailableReason.NO_WHEEL]
    packages = frozenset[str]().union(*(error.packages for error in errors))
    if telling or len(errors) == 1:
        one = (telling or errors)[0]
        return UnavailableError(
            one.why, str(one).removeprefix(one.why.value).lstrip(": "), packages
        )
    pythons = ", ".join(candidate.minor for candidate in candidates)
    package = (
        str(errors[0])
        .removeprefix(f"{UnavailableReason.NO_WHEEL.value}: of ")
        .partition(" for ")[0]
    )
    return UnavailableError(
        UnavailableReason.NO_WHEEL, f"of {package} for any Python here ({pythons})", packages
    )


# ------------------------------------------------------------------------ specs


def _with_bases(specs: Iterable[EnvSpec], known: Iterable[EnvSpec]) -> list[EnvSpec]:
    """Return specs and the specs that their ``like`` names, directly or indirectly."""
    by_id = {spec.id: spec for spec in known}
    needed = list(specs)
    for spec in needed:  # grows during the loop
        base = by_id.get(spec.like or "")
        if base is not None and base not in needed:
            needed.append(base)
    return needed


def _matches(id_: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(id_, glob) for glob in globs)
