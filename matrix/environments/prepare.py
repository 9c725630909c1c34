"""All environments of a catalog: resolved, built through nox where needed, and read back."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock

from matrix.catalog import Catalog
from matrix.environments.import_advice import remedy
from matrix.environments.records import (
    VARIABLE,
    BuildRequest,
    Record,
    read_record,
    record_file,
    spec_digest,
    wanted_file,
    write_wanted,
)
from matrix.environments.resolve import Resolved, resolve
from matrix.environments.uv import clean_environ
from matrix.errors import CannotTellError, StoreError
from matrix.model import Environment, UnavailableReason

NOXFILE = Path(__file__).with_name("noxfile.py")
"""Has nothing but the sessions ``env-<id>``; the project's own noxfile shows the same."""
_POLL = 0.1
_GRACE = 5.0

Phase = Literal["resolved", "building", "ready", "unavailable"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildStep:
    """Something became of an environment."""

    environment: str
    phase: Phase
    text: str = ""
    """The reason, where it is unavailable."""


Report = Callable[[BuildStep], None]


def prepare(
    catalog: Catalog,
    *,
    jobs: int | None = None,
    offline: bool = False,
    listing: Path | None = None,
    report: Report | None = None,
) -> tuple[Environment, ...]:
    """Return every environment of a catalog, ready or with the reason why it is not.

    What stands and is what its lock says is left alone, without a process to ask it. The others are
    built by one call of nox; one that cannot be built does not stop the rest.

    Args:
        catalog: its ``specs`` are what is wanted; they may be made up on the spot.
        jobs: how many to build at once; by default as many as there are processors.
        offline: use what uv has in its cache, and no registry.
        listing: where to write down what is wanted, for the sessions; by default in the state
            folder, where the project's own noxfile finds it.
        report: told of each step.

    Raises:
        UsageError: a selection matches nothing.
        CannotTellError: there is no interpreter, no nox or no uv at all.
        StoreError: the state folder cannot be written.
    """
    tell = report or (lambda _: None)
    resolved = resolve(catalog, offline=offline, report=lambda done: tell(_step(done)))
    return build(catalog, resolved, jobs=jobs, offline=offline, listing=listing, report=tell)


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
    listing: Path | None = None,
    report: Report | None = None,
) -> tuple[Environment, ...]:
    """Build what is resolved and does not stand yet; see :func:`prepare`."""
    tell = report or (lambda _: None)
    file = listing or wanted_file(catalog.state)
    try:
        catalog.state.mkdir(parents=True, exist_ok=True)
        with FileLock(catalog.state / "environments.lock"):
            write_wanted(file, _wanted(catalog, resolved, offline))
            records = standing(catalog, resolved)
            missing = [r for r in resolved if r.lock is not None and r.spec.id not in records]
            if missing:
                built = _run_nox(catalog, missing, file, jobs or os.cpu_count() or 1, tell)
                records = {**records, **built}
    except OSError as error:
        raise StoreError(f"{catalog.state}: {error.strerror or error}") from error
    return tuple(_environment(each, records.get(each.spec.id)) for each in resolved)


def standing(catalog: Catalog, resolved: Iterable[Resolved]) -> dict[str, Record]:
    """Return the records of the environments that need not be built, by id."""
    records = {}
    for each in resolved:
        record = read_record(record_file(catalog.state, each.spec.id))
        if each.lock is not None and record is not None and record.is_current(each.lock):
            records[each.spec.id] = record
    return records


def _wanted(catalog: Catalog, resolved: Iterable[Resolved], offline: bool) -> list[BuildRequest]:
    return [
        BuildRequest(
            id=each.spec.id,
            label=each.spec.label,
            root=catalog.root,
            state=catalog.state,
            lock=each.lock,
            offline=offline,
            asked=spec_digest(each.spec),
        )
        for each in resolved
        if each.lock is not None
    ]


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


# ------------------------------------------------------------------------ nox


def _run_nox(
    catalog: Catalog, missing: Sequence[Resolved], listing: Path, jobs: int, tell: Report
) -> dict[str, Record]:
    """Run the sessions of some environments, several at a time, and return their records."""
    for each in missing:
        record_file(catalog.state, each.spec.id).unlink(missing_ok=True)
        tell(BuildStep(environment=each.spec.id, phase="building"))
    log = catalog.state / "nox.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(catalog, missing, jobs),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environ(listing),
            start_new_session=sys.platform != "win32",  # a Ctrl-C of ours must not hit half of it
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        try:
            return _watch(process, catalog, missing, log, tell)
        except BaseException:
            _stop(process)
            raise


def _watch(
    process: subprocess.Popen[bytes],
    catalog: Catalog,
    missing: Sequence[Resolved],
    log: Path,
    tell: Report,
) -> dict[str, Record]:
    """Collect records as they appear, until nox ends."""
    records: dict[str, Record] = {}
    running = True
    while running and len(records) < len(missing):
        running = process.poll() is None
        for each in missing:
            if each.spec.id in records:
                continue
            record = read_record(record_file(catalog.state, each.spec.id))
            if record is not None:
                records[each.spec.id] = record
                phase: Phase = "unavailable" if record.reason else "ready"
                tell(BuildStep(environment=each.spec.id, phase=phase, text=record.reason))
        if running:
            time.sleep(_POLL)
    process.wait()
    for each in missing:
        if each.lock is not None and each.spec.id not in records:
            reason = f"cannot be built: {_last_words(log)}"
            record = Record(digest="", reason=reason, why=UnavailableReason.OTHER)
            records[each.spec.id] = record
            tell(BuildStep(environment=each.spec.id, phase="unavailable", text=record.reason))
    return records


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"nox said {lines[-1]!r}; see {log}" if lines else "nox said nothing"


def _command(catalog: Catalog, missing: Sequence[Resolved], jobs: int) -> list[str]:
    names = [f"env-{each.spec.id}" for each in missing]
    return [
        *_nox(),
        "--noxfile",
        str(NOXFILE),
        "--envdir",
        str(catalog.root / ".nox"),
        "--parallel",
        str(min(jobs, len(names))),
        "--sessions",
        *names,
    ]


def _nox() -> list[str]:
    if importlib.util.find_spec("nox") is not None:
        return [sys.executable, "-m", "nox"]
    found = shutil.which("nox")
    if found is None:
        raise CannotTellError("nox is not installed", advice='python -m pip install "nox[uv]"')
    return [found]


def _environ(listing: Path) -> dict[str, str]:
    """Return our environment without what tells an outer nox what to do."""
    environ = {key: value for key, value in clean_environ().items() if not key.startswith("NOX")}
    return {**environ, VARIABLE: str(listing), "NO_COLOR": "1"}


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End nox and all it started: it ends its own children when it is interrupted."""
    gentle = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)
    for how in (gentle, signal.SIGTERM):
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(timeout=_GRACE)
            except subprocess.TimeoutExpired:
                continue
    if process.poll() is None:
        process.kill()
        process.wait()
