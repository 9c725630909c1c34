"""Run a program, wait for it, and kill the processes that it leaves behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

from matrix.sandbox import system_calls

_KILL_SECONDS = 5.0
_PAUSE_SECONDS = 0.005


def run(become: Callable[[], None]) -> int:
    """Run a program in a child process, then kill its descendants.

    Args:
        become: replaces the child process with the program.

    Returns:
        The exit status for the launcher.
    """
    if sys.platform == "linux":
        system_calls.prctl(system_calls.PR_SET_CHILD_SUBREAPER, 1)
    child = start(become)

    def on_term(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGTERM, on_term)
    _terminate_with_parent()
    code = wait_for(child)
    if sys.platform == "linux":
        _kill_descendants()
    return code


def start(become: Callable[[], None]) -> int:
    """The process id of a child that becomes a program, or ends with status 125."""
    child = os.fork()
    if child:
        return child
    try:
        become()
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(2, f"the sandbox could not be set up: {error}\n".encode())
    finally:
        os._exit(125)


def wait_for(child: int) -> int:
    """Wait for a child and return its exit status; other children that end are reaped."""
    while True:
        ended, status = os.wait()
        if ended == child:
            return system_calls.status_of(status)


def _terminate_with_parent() -> None:
    """Make the kernel send SIGTERM to this process when its parent ends."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    system_calls.prctl(system_calls.PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent == 1 or os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _kill_descendants() -> None:
    """Kill all children; their orphaned children become ours and are killed in turn."""
    until = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < until:
        for child in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(_PAUSE_SECONDS)


def _children() -> Iterator[int]:
    """The ids of the children of this process."""
    own = os.getpid()
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    # The second field, the program's name in brackets, may contain anything.
                    fields = file.read().rpartition(b")")[2].split()
                if int(fields[1]) == own:
                    yield int(name)
