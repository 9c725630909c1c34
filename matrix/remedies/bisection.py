"""Between a version that is good and one that is bad, the first bad one; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Ask = Callable[[str], bool | None]
"""Whether a version is good; None if nobody can tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bisection:
    """What halving has found."""

    last_good: str
    first_bad: str
    gap: tuple[str, ...] = ()
    """Versions between the two, of which nobody could tell; none if nothing lies between."""
    asked: Mapping[str, bool | None]
    """All that were asked, in the order of asking."""


def bisect(good: str, bad: str, between: Sequence[str], ask: Ask) -> Bisection:
    """Find where good becomes bad.

    Of several such places the one that halving meets is told: whether versions are good may change
    more than once.

    Args:
        good, bad: the two ends, which are known.
        between: all versions between them, in order from the good end to the bad one.
        ask: asks one of them, each once.
    """
    ladder = [good, *between, bad]
    low, high = 0, len(ladder) - 1
    asked: dict[str, bool | None] = {}
    while True:
        middle = (low + high) / 2
        inside = [place for place in range(low + 1, high) if ladder[place] not in asked]
        if not inside:
            break
        place = min(inside, key=lambda one: abs(one - middle))
        found = asked[ladder[place]] = ask(ladder[place])
        if found is True:
            low = place
        elif found is False:
            high = place
    return Bisection(
        last_good=ladder[low],
        first_bad=ladder[high],
        gap=tuple(ladder[low + 1 : high]),
        asked=asked,
    )
