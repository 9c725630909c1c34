"""Estimate the remaining time of a run from the durations of work in it and in earlier runs."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from matrix.store import Store

START = "start"
"""The task of starting an interpreter and importing scikit-learn: once for each job."""

BUILD = "build"
"""The task of building an environment; all environments share one rate."""

_MEMORY = 5
"""The mean of earlier runs weighs as much as this number of pieces of this run."""

_OVERHEAD = 1.1
"""The factor for waiting for the last worker and writing the report; measured on the default
set."""


@dataclass(slots=True)
class _Total:
    """The pieces of work of one task and environment in this run, and their seconds."""

    pieces: int = 0
    seconds: float = 0.0


class Estimate:
    """Counts the remaining pieces of work by task and environment, and estimates their time.

    Args:
        store: has the rates of earlier runs, and receives those of this one.
        slots: the number of workers that may run at once.
    """

    def __init__(self, store: Store, slots: int) -> None:
        self._store = store
        self._slots = slots
        self._earlier = store.rates()
        self._expected: dict[tuple[str, str], int] = {}
        self._totals: dict[tuple[str, str], _Total] = {}

    def expect(self, task: str, environment: str, pieces: int) -> None:
        """Set the number of pieces in this run; a later call replaces an earlier one."""
        self._expected[task, environment] = pieces

    def took(self, task: str, environment: str, seconds: float) -> None:
        """Record that one piece is done, and its seconds."""
        total = self._totals.setdefault((task, environment), _Total())
        total.pieces += 1
        total.seconds += seconds

    def seconds(self, task: str, environment: str, pieces: int) -> float | None:
        """The seconds that one worker needs for some pieces; None if the task has no history."""
        rate = self._rate(task, environment) if pieces else 0.0
        return None if rate is None else pieces * rate

    def seconds_left(self) -> float | None:
        """The remaining seconds of all expected work; None if unknown."""
        if not self._expected:
            return None
        total = 0.0
        for place, pieces in self._expected.items():
            left = max(0, pieces - self._totals.get(place, _Total()).pieces)
            seconds = self.seconds(*place, left)
            if seconds is None:
                return None
            total += seconds
        return total * _OVERHEAD / self._slots

    def keep(self) -> None:
        """Store the rates for later runs."""
        rates = {place: self._rate(*place) for place in self._totals}
        self._store.keep_rates({place: rate for place, rate in rates.items() if rate is not None})

    def _rate(self, task: str, environment: str) -> float | None:
        """The mean seconds of a piece of work; None if the task has no history."""
        total = self._totals.get((task, environment), _Total())
        earlier = self._earlier.get((task, environment))
        if earlier is not None:
            return (total.seconds + _MEMORY * earlier) / (total.pieces + _MEMORY)
        if total.pieces:
            return total.seconds / total.pieces
        # An environment without a history gets the mean of the others.
        others = [
            one.seconds / one.pieces for (name, _), one in self._totals.items() if name == task
        ]
        others += [rate for (name, _), rate in self._earlier.items() if name == task]
        return fmean(others) if others else None
