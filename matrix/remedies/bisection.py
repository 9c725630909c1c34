"""Bisect between a good version and a bad one to find the first bad one; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Test = Callable[[str], bool | None]
"""Returns whether a version is good; None if unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bisection:
    """The result of a bisection."""

    last_good: str
    first_bad: str
    gap: tuple[str, ...] = ()
    """Versions between the two that are unknown; empty if nothing lies between."""
    tested: Mapping[str, bool | None]
    """All tested versions, in the order of testing."""


def bisect(good: str, bad: str, between: Sequence[str], test: Test) -> Bisection:
    """Find where good becomes bad.

    If that happens more than once, the result is the place that the bisection meets.

    Args:
        good, bad: the two ends.
        between: all versions between them, in order from the good end to the bad one.
        test: called with a version, at most once for each.
    """
    ladder = [good, *between, bad]
    low, high = 0, len(ladder) - 1
    tested: dict[str, bool | None] = {}
    while True:
        middle = (low + high) / 2
        inside = [place for place in range(low + 1, high) if ladder[place] not in tested]
        if not inside:
            break
        place = min(inside, key=lambda one: abs(one - middle))
        good_there = tested[ladder[place]] = test(ladder[place])
        if good_there is True:
            low = place
        elif good_there is False:
            high = place
    return Bisection(
        last_good=ladder[low],
        first_bad=ladder[high],
        gap=tuple(ladder[low + 1 : high]),
        tested=tested,
    )
