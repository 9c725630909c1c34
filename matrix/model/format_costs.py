"""What the files of a pipeline cost in each format."""

from __future__ import annotations

from dataclasses import dataclass


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
