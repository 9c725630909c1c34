"""Start processes, and end them with all their children."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

WINDOWS = sys.platform == "win32"


class Process(Protocol):
    """A process that was started, such as ``subprocess.Popen``."""

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""

    def poll(self) -> int | None:
        """Its return code, negative for a signal; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its return code.

        Raises:
            subprocess.TimeoutExpired: it still runs after so many seconds.
        """

    def terminate(self) -> None:
        """Send it SIGTERM, unless it has ended."""

    def kill(self) -> None:
        """Send it SIGKILL, unless it has ended."""


def start(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: IO[bytes] | int = subprocess.DEVNULL,
    errors: IO[bytes] | int = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start a process as the leader of a new process group, without standard input."""
    group: dict[str, Any] = (
        {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if WINDOWS
        else {"start_new_session": True}
    )
    return subprocess.Popen(
        [os.fspath(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=None if environment is None else dict(environment),
        cwd=folder,
        **group,
    )


def program_folders() -> list[str]:
    """The absolute folders in PATH.

    A relative one, such as ``.``, would find programs in the current folder, which may be a
    stranger's.
    """
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [part for part in parts if Path(part).is_absolute()]


def find_program(name: str, folders: Sequence[str] | None = None) -> str | None:
    """Return the path of a program, and never one of the current folder; None if there is none.

    Args:
        name: without folders.
        folders: where to look; the absolute folders in PATH by default.
    """
    for folder in program_folders() if folders is None else folders:
        found = shutil.which(name, path=folder)
        # Windows looks into the current folder first, whatever the path is.
        if found is not None and Path(found).parent == Path(folder):
            return found
    return None


ASKING_SECONDS = 2.0
"""How long a process may take to end its own children."""


def end(process: Process, *, asking: bool = False) -> None:
    """End a process and its group at once, and wait for it.

    Args:
        process: the leader of its group.
        asking: whether the process has children outside its group: it is terminated first, so that
            it can end them.
    """
    if asking and not WINDOWS and process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ASKING_SECONDS)
    if WINDOWS:
        # Untested: no Windows machine was available.
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False
        )
    elif process.poll() is None or not _is_taken(process.pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _is_taken(ended: int) -> bool:
    """Whether another process has the id of one that has ended.

    The system gives no process the id of a group that still has members. So if there is such a
    process, nothing is left of the group of the ended one.
    """
    try:
        os.kill(ended, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is another user's
    return True


def signal_name(code: int) -> str:
    """How a process with this return code ended, for people: ``SIGSEGV``, ``exit code 3``."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"
    return f"exit code {code}"
