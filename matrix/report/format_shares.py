"""Compares the formats of a run: what each can save, what of it stays safe, and what it costs.

Only pipelines that were tried in every format count, so that the shares are of the same pipelines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from statistics import median

from matrix.model import FormatCost, Matrix, Verdict
from matrix.report.sizes import size_text
from matrix.report.summary import ABSENT, VERDICTS, Summary
from matrix.worker.compat_worker.formats import FORMATS

_LEAST = 5
"""Pipelines; shares of fewer say little of a format."""
_NOT_SAVED = VERDICTS.index(Verdict.NOT_SAVED)
_NOT_TRIED = {ABSENT, VERDICTS.index(Verdict.UNAVAILABLE), VERDICTS.index(Verdict.NOT_RUN)}
_SAFE = {severity for severity, verdict in enumerate(VERDICTS) if verdict.safe}


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatShare:
    """How one format did, over the same pipelines as all others."""

    format: str
    tried: int
    """Environments in which a pipeline was trained, over all pipelines."""
    saved: int
    """How many of these models were saved, and are safe where they were saved."""
    loaded: int
    """Loads of a saved file in another environment than its own."""
    safe: int
    """How many of them are safe."""
    size: float | None
    """Median size of a file in bytes, over the pipelines that every format has saved."""
    save_seconds: float | None
    """Median processor time to save one, over the same pipelines."""
    load_seconds: float | None
    """Median processor time to load one, over the same pipelines."""

    @property
    def runs_code(self) -> bool:
        """Whether loading a file can run any code: it is a pickle."""
        return FORMATS[self.format].pickles

    @property
    def needs(self) -> str:
        """The package that must be installed to load it, beside scikit-learn; empty if none."""
        return FORMATS[self.format].package


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatComparison:
    """The formats of a run, side by side."""

    pipelines: int
    """How many pipelines were tried in every format."""
    shares: tuple[FormatShare, ...]
    """By format, in the order of the configuration."""
    families: Mapping[str, tuple[FormatShare, ...]]
    """The same for the pipelines of each file."""


def compare_formats(matrix: Matrix, summary: Summary) -> FormatComparison | None:
    """Compare the formats of a run.

    Args:
        matrix: the run.
        summary: its cells.

    Returns:
        None if fewer than five pipelines were tried in every format, or there is one format.
    """
    names = [name for name in FORMATS if any(name == known for _, known in summary.grids)]
    common = [
        pipeline
        for pipeline in matrix.pipelines
        if all((pipeline.id, name) in summary.grids for name in names)
    ]
    if len(names) < 2 or len(common) < _LEAST:
        return None
    families: dict[str, list[str]] = {}
    for pipeline in common:
        families.setdefault(PurePath(pipeline.file).stem, []).append(pipeline.id)
    costs = {(cost.pipeline, cost.format): cost for cost in matrix.format_costs}

    def shares(ids: Sequence[str]) -> tuple[FormatShare, ...]:
        paid = [one for one in ids if all((one, name) in costs for name in names)]
        return tuple(
            _share(summary, name, ids, [costs[one, name] for one in paid]) for name in names
        )

    return FormatComparison(
        pipelines=len(common),
        shares=shares([pipeline.id for pipeline in common]),
        families={name: shares(ids) for name, ids in sorted(families.items())},
    )


def _share(
    summary: Summary, name: str, ids: Iterable[str], costs: Sequence[FormatCost]
) -> FormatShare:
    side = len(summary.environments)
    tried = saved = loaded = safe = 0
    for pipeline in ids:
        for place, severity in enumerate(summary.grids[pipeline, name]):
            if severity in _NOT_TRIED:
                continue
            if place % (side + 1) == 0:  # saved and loaded in the same environment
                tried += 1
                saved += severity in _SAFE
            elif severity != _NOT_SAVED:
                loaded += 1
                safe += severity in _SAFE
    return FormatShare(
        format=name,
        tried=tried,
        saved=saved,
        loaded=loaded,
        safe=safe,
        size=_median(costs, lambda cost: cost.size),
        save_seconds=_median(costs, lambda cost: cost.save_seconds),
        load_seconds=_median(costs, lambda cost: cost.load_seconds),
    )


def _median(costs: Iterable[FormatCost], of: Callable[[FormatCost], float | None]) -> float | None:
    found = [value for value in map(of, costs) if value is not None]
    return median(found) if found else None


def file_size(size: float | None) -> str:
    """A size of a file in words: ``1.2 kB``; empty if unknown."""
    return "" if size is None else size_text(size, kilobytes=".1f")


def milliseconds(seconds: float | None) -> str:
    """A time in words: ``1.2 ms``; empty if unknown."""
    return "" if seconds is None else f"{seconds * 1000:.1f} ms"


def percent(part: int, whole: int) -> str:
    """A share in words, rounded down so that 100 % is all; empty of nothing."""
    return f"{100 * part // whole} %" if whole else ""
