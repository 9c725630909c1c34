"""The evidence of a verdict: its rows, and how much these rows would notice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

SILENT = 0.9
"""A mutation score from here on needs no remark."""

FLOOR = 0.5
"""Rows with a lower mutation score cannot show that a model is safe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """How many rows a verdict stands on, and the share of small faults that they notice.

    The faults were planted one at a time in the fitted state of the model, in the environment that
    saved it: a coefficient or the value of a leaf changed by 1 %, a category renamed.
    """

    rows: int
    by_source: Mapping[str, int]
    """Number of rows by source: ``data`` (the user's), ``declared`` (of a pipeline file), ``model``
    (made from what the fitted model stores), ``random`` (made, with nothing known of the
    features)."""
    mutation_score: float | None
    """Noticed faults as a share of the live ones; None if no fault is live."""
    interval: tuple[float, float] | None
    """Where the mutation score lies with 95 % confidence (Wilson); None without a score."""
    faults: int
    """Planted faults."""
    live: int
    """Planted faults that these rows or ten times as many other rows notice."""
    noticed: int
    """Planted faults that these rows notice."""
    leaves_reached: float | None
    """Share of the leaves of the model's trees that a row reaches; None without trees."""
    complete: bool = True
    """False if planting stopped early, at the limit on processor time."""
    constant: bool = False
    """Whether every output of the model is the same for all rows."""

    @classmethod
    def of(
        cls,
        *,
        by_source: Mapping[str, int],
        faults: int,
        live: int,
        noticed: int,
        leaves: int,
        reached: int,
        complete: bool,
        constant: bool,
    ) -> Evidence:
        """The evidence from what was counted."""
        return cls(
            rows=sum(by_source.values()),
            by_source=dict(by_source),
            mutation_score=noticed / live if live else None,
            interval=wilson(noticed, live) if live else None,
            faults=faults,
            live=live,
            noticed=noticed,
            leaves_reached=reached / leaves if leaves else None,
            complete=complete,
            constant=constant,
        )

    @property
    def weak(self) -> bool:
        """Whether the rows would hardly have noticed a change, so that nothing follows from it."""
        if self.mutation_score is None:
            return self.constant
        return self.mutation_score < FLOOR or (self.constant and self.mutation_score < SILENT)

    @property
    def strong(self) -> bool:
        """Whether the rows notice nearly all faults, or none could be planted."""
        if self.mutation_score is None:
            return not self.constant
        return self.mutation_score >= SILENT


def wilson(noticed: int, live: int) -> tuple[float, float]:
    """The 95 % interval of Wilson for a share.

    Args:
        noticed: how many of them.
        live: of how many, at least 1.
    """
    z = 1.959963984540054
    share = noticed / live
    centre = (share + z * z / (2 * live)) / (1 + z * z / live)
    half = z * math.sqrt(share * (1 - share) / live + (z / (2 * live)) ** 2) / (1 + z * z / live)
    return max(0.0, centre - half), min(1.0, centre + half)
