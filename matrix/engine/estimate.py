"""How long it will still take, from what pieces of work took in earlier runs and in this one."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from matrix.store import Store

START = "start"
"""The task of starting an interpreter and importing scikit-learn: once a job."""

BUILD = "build"
"""The task of building an environment, whichever."""

_MEMORY = 5
"""Earlier runs count as so many pieces of this one."""

_OVERHEAD = 1.1
"""What waiting for the last worker and showing the table adds; measured on the default set."""


@dataclass(slots=True)
class _Took:
    """What pieces of work took in this run, together."""

    pieces: int = 0
    seconds: float = 0.0


class Estimate:
    """Knows what is left, by task and environment, and how long each piece of it takes.

    Args:
        store: has the rates of earlier runs.
        slots: how many workers may run at once.
    """

    def __init__(self, store: Store, slots: int) -> None:
        self._store = store
        self._slots = slots
        self._earlier = store.rates()
        self._expected: dict[tuple[str, str], int] = {}
        self._took: dict[tuple[str, str], _Took] = {}

    def expect(self, task: str, environment: str, pieces: int) -> None:
        """So many pieces are to be done in this run, as far as is known now."""
        self._expected[task, environment] = pieces

    def took(self, task: str, environment: str, seconds: float) -> None:
        """One of them is done."""
        took = self._took.setdefault((task, environment), _Took())
        took.pieces += 1
        took.seconds += seconds

    def seconds(self, task: str, environment: str, pieces: int) -> float | None:
        """What so many pieces take one worker; None if nothing is known of such work."""
        rate = self._rate(task, environment) if pieces else 0.0
        return None if rate is None else pieces * rate

    def seconds_left(self) -> float | None:
        """The remaining seconds of all expected work; None if unknown."""
        if not self._expected:
            return None
        total = 0.0
        for place, pieces in self._expected.items():
            left = max(0, pieces - self._took.get(place, _Took()).pieces)
            seconds = self.seconds(*place, left)
            if seconds is None:
                return None
            total += seconds
        return total * _OVERHEAD / self._slots

    def keep(self) -> None:
        """Keep what is known now for later runs."""
        rates = {place: self._rate(*place) for place in self._took}
        self._store.keep_rates({place: rate for place, rate in rates.items() if rate is not None})

    def _rate(self, task: str, environment: str) -> float | None:
        took = self._took.get((task, environment), _Took())
        earlier = self._earlier.get((task, environment))
        if earlier is not None:
            return (took.seconds + _MEMORY * earlier) / (took.pieces + _MEMORY)
        if took.pieces:
            return took.seconds / took.pieces
        # An environment without a history takes what the others take.
        others = [one.seconds / one.pieces for (name, _), one in self._took.items() if name == task]
        others += [rate for (name, _), rate in self._earlier.items() if name == task]
        return fmean(others) if others else None
