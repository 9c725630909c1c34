"""Limit worker processes by processor time, so that a busy machine does not stop them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from matrix.model import Ending
from matrix.processor_time import Meter, Usage

BUSY = 60.0
"""A machine that gives a worker less than one sixtieth of a processor is too busy to judge it."""
SETTING = "raise `seconds` in [tool.matrix.limits]"

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """The reason to stop a worker process."""

    ending: Ending
    """``timed-out``, or ``not-run`` if the machine was too busy to decide."""
    reason: str
    """In words, with the processor time that was used and the setting to raise."""


class Deadline:
    """Measures one worker process against its limits.

    Args:
        meter: measures the process.
        seconds: how much processor time it may use, and how long it may sleep.
        clock: seconds on the wall clock.
    """

    def __init__(
        self, meter: Meter, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._meter = meter
        self._clock = clock
        self._looked = clock()
        self.allow(seconds)

    def allow(self, seconds: float, doing: str = "") -> None:
        """Restart the limit: from now on, allow this much processor time, and as long a sleep.

        Args:
            seconds: the limit.
            doing: what the process does now, for the reason; empty for its work.
        """
        self._meter.mark()
        self._seconds, self._doing, self._began = seconds, doing, self._clock()

    def stop(self) -> Stop | None:
        """The reason to stop the process now; None if it may continue."""
        now = self._clock()
        if now - self._looked < _LOOK_SECONDS:
            return None
        self._looked = now
        return self._stop(self._meter.look(), now - self._began)

    def _stop(self, usage: Usage, elapsed: float) -> Stop | None:
        limit, doing = f"{self._seconds:g} s", self._doing and f" {self._doing}"
        if usage.seconds > self._seconds:
            reason = f"stopped after {limit} of processor time{doing}: {SETTING}"
            return Stop(ending=Ending.TIMED_OUT, reason=reason)
        used = f"{usage.seconds:.1f} s of processor time used"
        if usage.asleep > self._seconds:
            reason = f"stopped after {limit} without work{doing} ({used}): {SETTING}"
            return Stop(ending=Ending.TIMED_OUT, reason=reason)
        if elapsed > BUSY * self._seconds:
            reason = f"the machine is too busy: {used} in {elapsed:.0f} s{doing}; run it again"
            return Stop(ending=Ending.NOT_RUN, reason=reason)
        return None
