"""All environments of a catalog: resolved, built through nox where needed, and read back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from matrix.catalog import Catalog
from matrix.environments.environment_store import EnvironmentStore, environment_key
from matrix.environments.import_advice import remedy
from matrix.environments.records import (
    BuildRequest,
    Record,
    listing_file,
    write_requests,
)
from matrix.environments.resolve import Resolved, resolve
from matrix.environments.run_nox import run_nox
from matrix.environments.size_estimate import estimated_size
from matrix.errors import StoreError
from matrix.model import Environment, UnavailableReason
from matrix.model.package_sources import USER_SOURCES

Phase = Literal["resolving", "resolved", "announced", "building", "ready", "unavailable"]
"""``announced`` is a step of all that will be built together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildStep:
    """Something became of an environment."""

    environment: str = ""
    """Its id; empty if the step is of several."""
    phase: Phase
    text: str = ""
    """The reason, where it is unavailable."""
    count: int = 0
    """How many environments are announced."""
    size: int = 0
    """About how many bytes these will take."""


Report = Callable[[BuildStep], None]


def prepare(
    catalog: Catalog,
    *,
    jobs: int | None = None,
    offline: bool = False,
    remember: bool = True,
    report: Report | None = None,
) -> tuple[Environment, ...]:
    """Return every environment of a catalog, ready or with the reason why it is not.

    What stands and is what its lock says is left alone, without a process to ask it. The others are
    built by one call of nox; one that cannot be built does not stop the rest.

    Args:
        catalog: its ``specs`` are the requested environments.
        jobs: how many to build at once; by default as many as there are processors.
        offline: use what uv has in its cache, and no registry.
        remember: list what was resolved in the state folder, where the project's own noxfile
            finds it; False for environments that the configuration does not name.
        report: called with each step.

    Raises:
        UsageError: a selection matches nothing.
        CannotTellError: no interpreter, nox or uv is available.
        StoreError: the state folder cannot be written.
    """
    notify = report or (lambda _: None)
    for spec in catalog.specs:
        notify(BuildStep(environment=spec.id, phase="resolving"))
    resolved = resolve(catalog, offline=offline, report=lambda done: notify(_step(done)))
    return build(catalog, resolved, jobs=jobs, offline=offline, remember=remember, report=notify)


def survey(catalog: Catalog, *, offline: bool = False) -> tuple[Environment, ...]:
    """Return every environment of a catalog as it stands now; nothing is built.

    One that is still to be built has a lock, no info and no reason.

    Args:
        catalog, offline: as in :func:`prepare`.

    Raises:
        UsageError: a selection matches nothing.
    """
    resolved = resolve(catalog, offline=offline)
    records = standing(catalog, resolved)
    return tuple(
        _environment(each, records.get(each.spec.id))
        if each.lock is None or each.spec.id in records
        else Environment(spec=each.spec, lock=each.lock)
        for each in resolved
    )


def build(
    catalog: Catalog,
    resolved: Sequence[Resolved],
    *,
    jobs: int | None = None,
    offline: bool = False,
    remember: bool = True,
    report: Report | None = None,
) -> tuple[Environment, ...]:
    """Build what is resolved and does not stand yet; see :func:`prepare`."""
    notify = report or (lambda _: None)
    store = EnvironmentStore.of(catalog)
    requests = [
        BuildRequest.of(catalog, each.spec, each.lock, offline=offline)
        for each in resolved
        if each.lock is not None
    ]
    try:
        if remember:
            # The builder of a project's session takes the sources, and passwords, from its file.
            listed = [replace(request, sources=USER_SOURCES) for request in requests]
            write_requests(listing_file(catalog.state), listed)
        keys = {each.spec.id: _key(each) for each in resolved if each.lock is not None}
        for key in keys.values():
            store.use(key)
        records = standing(catalog, resolved)
        missing = [request for request in requests if request.id not in records]
        if missing:
            # Its builder does not replace an environment that a run uses; this one does not yet.
            for request in missing:
                store.release(keys[request.id])
            records = {**records, **_build(store, missing, jobs or os.cpu_count() or 1, notify)}
            for request in missing:
                store.use(keys[request.id])
    except OSError as error:
        raise StoreError(f"{store.folder}: {error.strerror or error}") from error
    return tuple(_environment(each, records.get(each.spec.id)) for each in resolved)


def _build(
    store: EnvironmentStore, missing: Sequence[BuildRequest], jobs: int, notify: Report
) -> dict[str, Record]:
    """Build each different environment once; return the records by id."""
    same: dict[str, list[BuildRequest]] = {}
    for request in missing:
        assert request.lock is not None
        same.setdefault(environment_key(request.lock), []).append(request)
    locks = [requests[0].lock for requests in same.values()]
    size = estimated_size(lock for lock in locks if lock is not None)
    notify(BuildStep(phase="announced", count=len(same), size=size))
    for request in missing:
        notify(BuildStep(environment=request.id, phase="building"))
    records: dict[str, Record] = {}

    def built(request: BuildRequest, record: Record) -> None:
        assert request.lock is not None
        phase: Phase = "unavailable" if record.reason else "ready"
        for each in same[environment_key(request.lock)]:
            records[each.id] = record
            notify(BuildStep(environment=each.id, phase=phase, text=record.reason))

    run_nox(store, [requests[0] for requests in same.values()], jobs=jobs, built=built)
    return records


def standing(catalog: Catalog, resolved: Iterable[Resolved]) -> dict[str, Record]:
    """Return the records of the environments that need not be built, by id."""
    store = EnvironmentStore.of(catalog)
    found = {each.spec.id: store.current(each.lock) for each in resolved if each.lock is not None}
    return {id_: record for id_, record in found.items() if record is not None}


def _key(resolved: Resolved) -> str:
    assert resolved.lock is not None
    return environment_key(resolved.lock)


def _environment(resolved: Resolved, record: Record | None) -> Environment:
    if resolved.lock is None:
        return Environment(spec=resolved.spec, reason=resolved.reason, why=resolved.why)
    if record is None:
        reason = "cannot be built: the session ended without a record"
        return Environment(
            spec=resolved.spec, lock=resolved.lock, reason=reason, why=UnavailableReason.OTHER
        )
    reason = record.reason
    if record.why is UnavailableReason.NO_IMPORT:
        reason += f"; {remedy(resolved.spec, resolved.lock)}"
    return Environment(
        spec=resolved.spec, lock=resolved.lock, info=record.info, reason=reason, why=record.why
    )


def _step(resolved: Resolved) -> BuildStep:
    if resolved.lock is None:
        return BuildStep(environment=resolved.spec.id, phase="unavailable", text=resolved.reason)
    return BuildStep(environment=resolved.spec.id, phase="resolved")
