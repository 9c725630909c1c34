"""Kill a run, and everything that it has started, at one blow."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    command: str


def kill_all(head: int) -> None:
    """``kill -9`` of a process and of all that came of it.

    They are stopped first, parents before their children, so that none is started meanwhile.
    """
    known: list[int] = []
    found = [head]
    while found:
        _send(signal.SIGSTOP, found)
        known += found
        found = [one.pid for one in processes() if one.parent in known and one.pid not in known]
    _send(signal.SIGKILL, known)


def at_work_on(folder: Path) -> list[int]:
    """The processes whose command line names a folder."""
    return [one.pid for one in processes() if str(folder) in one.command]


def processes() -> Iterator[Process]:
    """Every process there is."""
    if not Path("/proc/self/stat").exists():
        yield from _told_by_ps()
        return
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                # The name of the program stands in parentheses, and may have spaces in it.
                fields = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                command = (entry / "cmdline").read_text("utf-8", "replace").replace("\0", " ")
                yield Process(int(entry.name), int(fields[1]), command)


def _told_by_ps() -> Iterator[Process]:
    command = ["ps", "-A", "-o", "pid=,ppid=,command="]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        pid, parent, *rest = line.split(None, 2)
        yield Process(int(pid), int(parent), "".join(rest))


def _send(number: int, pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
