"""How long it will still take, from what pieces of work took in earlier runs and in this one."""

from __future__ import annotations

from collections import Counter
from statistics import fmean

from matrix.store import Store

_ENOUGH = 20
"""So many pieces of this run are believed before those of earlier ones."""

_OVERHEAD = 1.15
"""What starting workers and waiting for the last of them adds; measured on the default set."""


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
        self._left: Counter[tuple[str, str]] = Counter()
        self._took: dict[tuple[str, str], list[float]] = {}

    def expect(self, task: str, environment: str, pieces: int) -> None:
        """So many pieces are to be done, as far as is known now."""
        self._left[task, environment] = pieces

    def took(self, task: str, environment: str, seconds: float) -> None:
        """One of them is done."""
        self._left[task, environment] -= 1
        self._took.setdefault((task, environment), []).append(seconds)

    def seconds_left(self) -> float | None:
        """For all that is expected; None if nothing is known of what such work takes."""
        total = 0.0
        for (task, environment), pieces in self._left.items():
            if pieces > 0:
                rate = self._rate(task, environment)
                if rate is None:
                    return None
                total += pieces * rate
        return total * _OVERHEAD / self._slots

    def keep(self) -> None:
        """Keep this run's rates for later ones."""
        self._store.keep_rates(
            {place: fmean(took) for place, took in self._took.items() if len(took) >= _ENOUGH}
        )

    def _rate(self, task: str, environment: str) -> float | None:
        own = self._took.get((task, environment), [])
        if len(own) >= _ENOUGH:
            return fmean(own)
        if (task, environment) in self._earlier:
            return self._earlier[task, environment]
        # An environment without a history takes what the others take.
        others = [fmean(took) for (name, _), took in self._took.items() if name == task]
        others += [seconds for (name, _), seconds in self._earlier.items() if name == task]
        return fmean(others) if others else None
