"""What is shown while a run goes on: stages, counts, what is under way, failures so far.

The engine speaks to a Progress and does not know what shows it: lines now and then where the
output is a file, a pipe or a log (here), or a display that moves on a terminal
(``matrix.report.terminal.live_progress``). A plain ``Progress`` keeps count and shows nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import TextIO

from matrix.report.safe_text import plain

Clock = Callable[[], float]


@dataclass(slots=True)
class Stage:
    """One stage of a run, and how far it has come."""

    name: str
    total: int | None
    """None while nobody knows."""
    started: float
    done: int = 0
    failed: int = 0
    under_way: str = ""
    ended: float | None = None

    @property
    def complete(self) -> bool:
        """All of it is done."""
        return self.total is not None and self.done >= self.total


class Progress:
    """Keeps count, and shows nothing; what shows something overrides the methods with ``_``.

    A context manager. Threads may report at the same time, and stages may overlap: a stage ends
    when all of it is done, or with the run.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.stages: dict[str, Stage] = {}
        self.seconds_left: float | None = None
        self._clock = clock
        self._current = ""
        self._lock = threading.RLock()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            for stage in self.stages.values():
                self._end(stage)

    def stage(self, name: str, total: int | None = None) -> None:
        """Open a stage, or say that it has another total; ``advance`` now means this one."""
        with self._lock:
            if name in self.stages:
                self.stages[name].total = total
            else:
                self.stages[name] = Stage(plain(name, 40), total, self._clock())
                self._opened(self.stages[name])
            self._current = name
            self._end_if_complete(self.stages[name])

    def advance(
        self, n: int = 1, under_way: str = "", *, failed: int = 0, stage: str | None = None
    ) -> None:
        """Count pieces of work that were done.

        Args:
            n: how many; 0 only says what is under way.
            under_way: what comes next, in words.
            failed: how many of them failed.
            stage: which stage they belong to; the one opened last if not given.
        """
        with self._lock:
            at = self.stages[self._current if stage is None else stage]
            at.done += n
            at.failed += failed
            at.under_way = plain(under_way, 120) if under_way else at.under_way
            self._changed(at)
            self._end_if_complete(at)

    def note(self, text: str) -> None:
        """Say something once, such as why an environment is not to be had."""
        with self._lock:
            self._noted(plain(text))

    def estimate(self, seconds_left: float | None) -> None:
        """Say how long it will still take, from whoever can tell; None is "nobody knows"."""
        with self._lock:
            self.seconds_left = seconds_left

    def _end_if_complete(self, stage: Stage) -> None:
        if stage.complete:
            self._end(stage)

    def _end(self, stage: Stage) -> None:
        if stage.ended is None:
            stage.ended = self._clock()
            self._ended(stage)

    def _opened(self, stage: Stage) -> None: ...

    def _changed(self, stage: Stage) -> None: ...

    def _ended(self, stage: Stage) -> None: ...

    def _noted(self, text: str) -> None: ...


class PlainProgress(Progress):
    """Calm lines: now and then, and at the end of each stage.

    Args:
        stream: where to.
        every: seconds between two lines, at least.
    """

    def __init__(self, stream: TextIO, every: float = 20.0, clock: Clock = time.monotonic) -> None:
        super().__init__(clock)
        self._stream = stream
        self._every = every
        self._next = clock() + every

    def _changed(self, stage: Stage) -> None:
        if self._clock() >= self._next and not stage.complete:
            self._say(describe(stage, self._clock(), self.seconds_left))

    def _ended(self, stage: Stage) -> None:
        self._say(describe(stage, self._clock()))

    def _noted(self, text: str) -> None:
        self._say(text)

    def _say(self, line: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        line = line.encode(encoding, "backslashreplace").decode(encoding)
        self._stream.write(line + "\n")
        self._stream.flush()
        self._next = self._clock() + self._every


def describe(stage: Stage, now: float, seconds_left: float | None = None) -> str:
    """One line: ``saving: 120 of 1,200, 3 failed, 41 s, about 3 min left (forest in 1.2)``."""
    done = f"{stage.done:,}"
    if stage.total is not None and stage.done != stage.total:
        done += f" of {stage.total:,}"
    parts = [done]
    if stage.failed:
        parts.append(f"{stage.failed:,} failed")
    parts.append(duration((stage.ended if stage.ended is not None else now) - stage.started))
    if seconds_left is not None and stage.ended is None:
        parts.append(f"about {duration(seconds_left)} left")
    under_way = f" ({stage.under_way})" if stage.under_way and stage.ended is None else ""
    return f"{stage.name}: {', '.join(parts)}{under_way}"


def duration(seconds: float | timedelta) -> str:
    """A time as people say it: ``5 min 12 s``."""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
