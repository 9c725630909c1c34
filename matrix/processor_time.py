"""How much processor time a process and its children have used, and whether they wait for nothing.

A deadline on the wall clock blames a model for a busy machine: at load 30 a healthy prediction
takes thirty times as long. Processor time does not grow with load. A process that sleeps uses none,
so the time in which all of them slept counts apart.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

_SLEEPING = frozenset(
    {
        psutil.STATUS_SLEEPING,
        psutil.STATUS_IDLE,
        psutil.STATUS_STOPPED,
        psutil.STATUS_ZOMBIE,
        psutil.STATUS_DEAD,
    }
)
"""States of a process that waits for something other than a processor or a disk, or is over."""
_LEAST = 0.01
"""Seconds of processor time between two looks below which a process counts as asleep."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children have used since a mark."""

    seconds: float
    """Of processor time, user and system."""
    asleep: float
    """Seconds on the wall clock in which all of them slept and used no processor time."""


class Meter:
    """Measures a process and its children.

    Args:
        pid: of the process. It may end at any time; what it has used stays counted.
        clock: seconds on the wall clock.
    """

    def __init__(self, pid: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(pid)
        self._used = self._asleep = 0.0
        self._has_children = True  # unknown before the first look
        self._looked = clock()
        self._mark = Usage(0.0, 0.0)

    def look(self) -> Usage:
        """What was used since the last mark.

        Where Linux does not list the children of a process, a look takes milliseconds: they are
        found among all processes of the machine.
        """
        now, alive = self._clock(), self._alive()
        self._has_children = len(alive) > 1
        used = max(self._used, sum(map(_used, alive)))
        if used - self._used < _LEAST and alive and _all_sleep(alive):
            self._asleep += now - self._looked
        self._used, self._looked = used, now
        return Usage(used - self._mark.seconds, self._asleep - self._mark.asleep)

    def mark(self) -> None:
        """Count from here on.

        A process without children at the last look is read alone, which takes 50 microseconds. A
        child that it has started in between counts from its start.
        """
        if self._has_children or self._process is None:
            self.look()
        else:
            self._used, self._looked = max(self._used, _used(self._process)), self._clock()
        self._mark = Usage(self._used, self._asleep)

    def _alive(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        try:
            return [self._process, *_descendants(self._process)]
        except psutil.Error:
            return []


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    """The children of a process, and theirs."""
    if not _lists_children():
        return process.children(recursive=True)
    found = []
    for pid in _listed_descendants(process.pid):
        with contextlib.suppress(psutil.Error):
            found.append(psutil.Process(pid))
    return found


@cache
def _lists_children() -> bool:
    """Whether the system lists the children of each thread, as most kernels of Linux do."""
    return Path("/proc/thread-self/children").exists()


def _listed_descendants(pid: int) -> Iterator[int]:
    """The ids of the children of a process, and of theirs; none of a process that has ended."""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123
                children = file.read().split()
            for child in map(int, children):
                yield child
                yield from _listed_descendants(child)


def _used(process: psutil.Process) -> float:
    """Processor time of a process and of those of its children that have ended."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    ended = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + ended)


def _all_sleep(processes: Iterable[psutil.Process]) -> bool:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            if process.status() not in _SLEEPING:
                return False
    return True
