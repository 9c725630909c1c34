"""What the files of a pipeline cost in each format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatCost:
    """Size and times of the files of one pipeline in one format, over all environments of a run."""

    pipeline: str
    format: str
    size: int
    """The median size of its files, in bytes."""
    save_seconds: float
    """Processor time of the quickest save."""
    load_seconds: float | None
    """Processor time of the quickest load; None if no environment loads the files."""


def merged(costs: Iterable[FormatCost]) -> tuple[FormatCost, ...]:
    """Combine the costs of shards: all of them save every file, and each loads a part."""
    found: dict[tuple[str, str], FormatCost] = {}
    for cost in costs:
        known = found.setdefault((cost.pipeline, cost.format), cost)
        found[cost.pipeline, cost.format] = replace(
            known,
            save_seconds=min(known.save_seconds, cost.save_seconds),
            load_seconds=quicker(known.load_seconds, cost.load_seconds),
        )
    return tuple(cost for _, cost in sorted(found.items()))


def quicker(known: float | None, new: float | None) -> float | None:
    """The smaller of two times; None if both are unknown."""
    found = [one for one in (known, new) if one is not None]
    return min(found, default=None)
