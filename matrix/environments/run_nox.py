"""Run the sessions that build environments, several at a time, and collect their records."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from matrix.environments.environment_store import EnvironmentStore, environment_key
from matrix.environments.records import BuildRequest, Record, read_record, write_requests
from matrix.environments.uv_settings import clean_environ
from matrix.errors import CannotTellError
from matrix.model import UnavailableReason
from matrix.processes import find_program

_NOXFILE = Path(__file__).with_name("noxfile.py")
_POLL_SECONDS = 0.1
_GRACE_SECONDS = 5.0

Built = Callable[[BuildRequest, Record], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _NoxRun:
    """One call of nox, and the folder it works in."""

    store: EnvironmentStore
    folder: Path
    requests: Sequence[BuildRequest]
    built: Built

    @property
    def log(self) -> Path:
        return self.folder / "nox.log"


def run_nox(
    store: EnvironmentStore, requests: Sequence[BuildRequest], *, jobs: int, built: Built
) -> None:
    """Build environments.

    Args:
        store: where to.
        requests: each has a lock, and no two have an equal one.
        jobs: how many to build at once.
        built: called with each request and its record, as it is done.

    Raises:
        OSError: the store cannot be written.
        CannotTellError: nox is not installed.
    """
    command = _nox()
    store.clear_runs()
    run = _NoxRun(store=store, folder=store.new_folder(), requests=requests, built=built)
    alive = run.folder / "alive.lock"
    log_is_needed = False
    try:
        with FileLock(alive):
            log_is_needed = _run(run, command, jobs)
    finally:
        if log_is_needed:
            alive.unlink(missing_ok=True)
        else:
            shutil.rmtree(run.folder, ignore_errors=True)


def _run(run: _NoxRun, command: Sequence[str], jobs: int) -> bool:
    """Run nox to its end; return whether its log is needed to say what went wrong."""
    shutil.copyfile(_NOXFILE, run.folder / "noxfile.py")
    (run.folder / "tmp").mkdir()
    write_requests(run.folder / "requests.json", run.requests)
    names = [f"env-{request.id}" for request in run.requests]
    before = {request.id: _stamp(run, request) for request in run.requests}
    with run.log.open("wb") as output:
        process = subprocess.Popen(
            [
                *command,
                *("--noxfile", str(run.folder / "noxfile.py")),
                *("--envdir", str(run.folder / "nox")),
                *("--parallel", str(min(jobs, len(names)))),
                *("--sessions", *names),
            ],
            cwd=run.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environ(run.folder),
            start_new_session=sys.platform != "win32",  # a Ctrl-C of ours must not hit half of it
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        try:
            return _collect(run, process, before)
        except BaseException:
            _stop(process)
            raise


def _collect(
    run: _NoxRun, process: subprocess.Popen[bytes], before: Mapping[str, tuple[int, int] | None]
) -> bool:
    """Report records as they appear, until nox ends; return whether any is missing then."""
    waiting = {request.id: request for request in run.requests}
    running = True
    while running and waiting:
        running = process.poll() is None
        for request in list(waiting.values()):
            record = _new_record(run, request, before[request.id])
            if record is not None:
                del waiting[request.id]
                run.built(request, record)
        if running:
            time.sleep(_POLL_SECONDS)
    process.wait()
    for request in waiting.values():
        reason = f"cannot be built: {_last_line(run.log)}"
        run.built(request, Record(digest="", reason=reason, why=UnavailableReason.OTHER))
    return bool(waiting)


def _new_record(
    run: _NoxRun, request: BuildRequest, before: tuple[int, int] | None
) -> Record | None:
    """The record of an environment, if it was written after nox was started or is a good one.

    Another process may have built the environment in the meantime.
    """
    assert request.lock is not None
    if _stamp(run, request) == before:
        return run.store.current(request.lock)
    return read_record(run.store.record_file(environment_key(request.lock)))


def _stamp(run: _NoxRun, request: BuildRequest) -> tuple[int, int] | None:
    """What distinguishes one record of an environment from the next; None without a record."""
    assert request.lock is not None
    try:
        status = run.store.record_file(environment_key(request.lock)).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"nox said {lines[-1]!r}; see {log}" if lines else "nox said nothing"


def _nox() -> list[str]:
    if importlib.util.find_spec("nox") is not None:
        return [sys.executable, "-m", "nox"]
    found = find_program("nox")
    if found is None:
        raise CannotTellError("nox is not installed", advice='python -m pip install "nox[uv]"')
    return [found]


def _environ(folder: Path) -> dict[str, str]:
    """Our environment, without the settings of a nox around us, and with the requests."""
    environ = {key: value for key, value in clean_environ().items() if not key.startswith("NOX")}
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder / "tmp"))
    return {
        **environ,
        **temporary,
        "COMPAT_MATRIX_REQUEST": str(folder / "requests.json"),
        "COMPAT_MATRIX_ALIVE": str(folder / "alive.lock"),
        "NO_COLOR": "1",
    }


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End nox and all it started: it ends its own children when it is interrupted."""
    gentle = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)
    for how in (gentle, signal.SIGTERM):
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(timeout=_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    if process.poll() is None:
        process.kill()
        process.wait()
