"""Wait for a program, and end all that it leaves behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

from matrix.sandbox import system_calls

_SWEEP_SECONDS = 5.0
_PAUSE_SECONDS = 0.005


def run(become: Callable[[], None]) -> int:
    """Start a program in a child, wait for it, and end whatever it left behind.

    Args:
        become: replaces the child by the program.

    Returns:
        The status to end with.
    """
    if sys.platform == "linux":
        system_calls.prctl(system_calls.PR_SET_CHILD_SUBREAPER, 1)
    child = start(become)

    def on_term(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGTERM, on_term)
    _follow_parent()
    code = wait_for(child)
    if sys.platform == "linux":
        _sweep()
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
            os.write(2, f"the sandbox could not be made: {error}\n".encode())
    finally:
        os._exit(125)


def wait_for(child: int) -> int:
    """How a child ended, as a status; others that end meanwhile are let go."""
    while True:
        ended, status = os.wait()
        if ended == child:
            return system_calls.status_of(os.waitstatus_to_exitcode(status))


def _follow_parent() -> None:
    """Have this process asked to end when its parent does."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    system_calls.prctl(system_calls.PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent == 1 or os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _sweep() -> None:
    """End all children, and theirs, which become ours as they lose their parents."""
    until = time.monotonic() + _SWEEP_SECONDS
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
                    # The name of the program, which may hold anything, ends with the last bracket.
                    fields = file.read().rpartition(b")")[2].split()
                if int(fields[1]) == own:
                    yield int(name)
