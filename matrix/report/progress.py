"""Progress of a run: stages, counts, current work, failures so far.

The engine reports to a Progress. ``PlainProgress`` prints a line from time to time to a file, pipe
or log; ``matrix.report.terminal.live_progress`` updates a display on a terminal. ``Progress``
itself counts and shows nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import TextIO

from matrix.safe_text import plain

Clock = Callable[[], float]
_SECONDS_OF_A_PACE = 3.0
"""A shorter time says nothing of the rest."""


@dataclass(slots=True)
class Stage:
    """One stage of a run, and its progress."""

    name: str
    total: int | None
    """None while unknown."""
    started: float
    done: int = 0
    failed: int = 0
    under_way: str = ""
    ended: float | None = None
    expected: float | None = None
    """Seconds of one piece, as long as none of this run is done."""
    reopened: bool = False
    """Whether it went on after it was over."""

    @property
    def complete(self) -> bool:
        """Whether all of it is done."""
        return self.total is not None and self.done >= self.total

    def seconds(self, now: float) -> float:
        """How long it has been at work."""
        return (now if self.ended is None else self.ended) - self.started

    def seconds_left(self, now: float) -> float | None:
        """About how long the rest takes, at the pace so far; None while that is unknown."""
        if self.total is None or self.ended is not None:
            return None
        spent, rest = self.seconds(now), self.total - self.done
        if self.done:
            return None if spent < _SECONDS_OF_A_PACE else spent / self.done * rest
        left = None if self.expected is None else self.expected * rest - spent
        return left if left is not None and left > 0 else None

    def reopen(self, now: float) -> None:
        """Go on after a pause, which does not count as time at work."""
        if self.ended is not None:
            self.started += now - self.ended
            self.ended = None
            self.reopened = True


class Progress:
    """Counts, and shows nothing; subclasses override the methods with ``_`` to show something.

    A context manager. Thread-safe. Stages may overlap: a stage ends when all of it is done, or
    with the run.
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
        """Start a stage, or change its total; ``advance`` now counts for this stage."""
        with self._lock:
            at = self._at(name)
            at.total = total
            self._current = name
            self._go_on_or_end(at)

    def more(self, name: str, pieces: int, *, expected: float | None = None) -> None:
        """Add pieces to the total of a stage, which starts or goes on.

        Args:
            name: of the stage; it does not become the one that ``advance`` counts for.
            pieces: how many.
            expected: seconds of one piece, as long as none is done; None if unknown.
        """
        with self._lock:
            at = self._at(name)
            at.total = (at.total or 0) + pieces
            at.expected = expected
            self._go_on_or_end(at)

    def _at(self, name: str) -> Stage:
        """The stage of a name, which starts with its first use."""
        if name not in self.stages:
            self.stages[name] = Stage(plain(name, 40), None, self._clock())
            self._current = self._current or name
            self._opened(self.stages[name])
        return self.stages[name]

    def _go_on_or_end(self, stage: Stage) -> None:
        if stage.complete:
            self._end(stage)
        else:
            stage.reopen(self._clock())

    def advance(
        self, n: int = 1, under_way: str = "", *, failed: int = 0, stage: str | None = None
    ) -> None:
        """Count finished pieces of work.

        Args:
            n: how many; 0 only updates ``under_way``.
            under_way: description of the current work.
            failed: how many of the ``n`` failed.
            stage: the stage to count for; by default the one started last.
        """
        with self._lock:
            at = self.stages[self._current if stage is None else stage]
            at.done += n
            at.failed += failed
            at.under_way = plain(under_way, 120) if under_way else at.under_way
            self._changed(at)
            if at.complete:
                self._end(at)

    def note(self, text: str) -> None:
        """Show a message, such as why an environment is not available."""
        with self._lock:
            self._noted(plain(text))

    def answered(self, text: str) -> None:
        """Show what is known of a model, before the whole result."""
        self.note(text)

    def estimate(self, seconds_left: float | None) -> None:
        """Set the estimated remaining time in seconds; None if unknown."""
        with self._lock:
            self.seconds_left = seconds_left

    def _end(self, stage: Stage) -> None:
        if stage.ended is None:
            stage.ended = self._clock()
            self._ended(stage)

    def _opened(self, stage: Stage) -> None: ...

    def _changed(self, stage: Stage) -> None: ...

    def _ended(self, stage: Stage) -> None: ...

    def _noted(self, text: str) -> None: ...


_ANSWERS = 10
"""How many first answers a log shows at once; further ones only in place of another line."""


class PlainProgress(Progress):
    """Prints a line from time to time, and at the first end of each stage.

    Args:
        stream: where to print.
        every: minimum number of seconds between two lines.
        clock: returns the time in seconds.
    """

    def __init__(self, stream: TextIO, every: float = 20.0, clock: Clock = time.monotonic) -> None:
        super().__init__(clock)
        self._stream = stream
        self._every = every
        self._next = clock() + every
        self._answers = 0

    @property
    def _due(self) -> bool:
        return self._clock() >= self._next

    def answered(self, text: str) -> None:
        """Print the answer; of many models not each."""
        with self._lock:
            self._answers += 1
            if self._answers <= _ANSWERS or self._due:
                self.note(text)

    def _changed(self, stage: Stage) -> None:
        if self._due and not stage.complete:
            self._print(describe(stage, self._clock(), self.seconds_left))

    def _ended(self, stage: Stage) -> None:
        if not (stage.complete and stage.reopened) or self._due:
            self._print(describe(stage, self._clock()))

    def _noted(self, text: str) -> None:
        self._print(text)

    def _print(self, line: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        line = line.encode(encoding, "backslashreplace").decode(encoding)
        self._stream.write(line + "\n")
        self._stream.flush()
        self._next = self._clock() + self._every


class DetailedProgress(PlainProgress):
    """Prints a line whenever something else is under way or done."""

    def __init__(self, stream: TextIO, clock: Clock = time.monotonic) -> None:
        super().__init__(stream, clock=clock)
        self._shown: dict[str, tuple[int, str]] = {}

    def _changed(self, stage: Stage) -> None:
        state = (stage.done, stage.under_way)
        if self._shown.get(stage.name) != state and not stage.complete:
            self._shown[stage.name] = state
            self._print(describe(stage, self._clock(), self.seconds_left))


def describe(stage: Stage, now: float, seconds_left: float | None = None) -> str:
    """Return ``saving: 120 of 1,200, 3 failed, 41 s, about 3 min left (forest in 1.2)``."""
    done = f"{stage.done:,}"
    if stage.total is not None and stage.done != stage.total:
        done += f" of {stage.total:,}"
    parts = [done]
    if stage.failed:
        parts.append(f"{stage.failed:,} failed")
    parts.append(duration(stage.seconds(now)))
    left = stage.seconds_left(now) if seconds_left is None else seconds_left
    if left is not None and stage.ended is None:
        parts.append(f"about {rough(left)} left")
    under_way = f" ({stage.under_way})" if stage.under_way and stage.ended is None else ""
    return f"{stage.name}: {', '.join(parts)}{under_way}"


def rough(seconds: float) -> str:
    """Return an estimated duration, of at least a second and without fractions: ``4 s``."""
    return f"{max(round(seconds), 1)} s" if seconds < 10 else duration(seconds)


def duration(seconds: float | timedelta) -> str:
    """Return a duration (seconds, or a timedelta) as ``5 min 12 s``."""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
