"""Compares the formats of a run: what each can save, what of it stays safe, and what it costs.

Only pipelines that were tried in every format count, so that the shares are of the same pipelines.
A format has readers of its own: an environment that cannot load it at all takes no part in its
shares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from statistics import median, median_low

from matrix.model import FormatCost, Matrix, Verdict
from matrix.report.verdict_grids import ABSENT, VERDICTS, VerdictGrids
from matrix.worker.compat_worker.formats import FORMATS

_LEAST = 5
"""Pipelines; shares of fewer say little of a format."""
_NOT_SAVED = VERDICTS.index(Verdict.NOT_SAVED)
_NOT_RUN = VERDICTS.index(Verdict.NOT_RUN)
_NO_READER = {ABSENT, VERDICTS.index(Verdict.UNAVAILABLE)}
_NOT_TRIED = {*_NO_READER, _NOT_RUN}
_SAME = {severity for severity, verdict in enumerate(VERDICTS) if verdict.predicts_same}
_SAFE = {severity for severity, verdict in enumerate(VERDICTS) if verdict.safe}


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatTally:
    """How many files of a format were saved, and how many loads of them are safe."""

    tried: int
    """Environments in which a pipeline was trained, over all pipelines."""
    written: int
    """How many of these models were written to a file."""
    saved: int
    """How many of these files are safe where they were saved. If that environment
    cannot load the format, saving is enough."""
    loaded: int
    """Loads of a saved file in another environment than its own."""
    safe: int
    """How many of them are safe."""
    same: int
    """How many of them predict the same, also those where only ``repr`` or ``get_params`` fails."""
    not_run: int
    """Further loads that were not run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatShare:
    """How one format did, over the same pipelines as all others, and what its files cost."""

    format: str
    tally: FormatTally
    outputs: int
    """How many outputs one load compares, ``repr`` and ``get_params`` included: the median over the
    pipelines that every format has outputs of."""
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
        return FORMATS[self.format].load_package or FORMATS[self.format].package


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyShares:
    """The formats, side by side, for the pipelines of one file."""

    name: str
    pipelines: int
    shares: tuple[FormatShare, ...]
    """In the order of the formats of the comparison."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatComparison:
    """The formats of a run, side by side."""

    pipelines: int
    """How many pipelines were tried in every format."""
    shares: tuple[FormatShare, ...]
    """By format, in the order of :data:`FORMATS`."""
    families: tuple[FamilyShares, ...]
    """The same for the pipelines of each file, by its name."""

    @property
    def files(self) -> int:
        """How many saved files the shares are of."""
        return sum(share.tally.saved for share in self.shares)

    @property
    def loads(self) -> int:
        """How many loads in another environment the shares are of."""
        return sum(share.tally.loaded for share in self.shares)


def compare_formats(
    matrix: Matrix, grids: VerdictGrids, *, least: int = 2
) -> FormatComparison | None:
    """Compare the formats of a run.

    Args:
        matrix: the run; its cells are not read.
        grids: its verdicts.
        least: how many formats there must be.

    Returns:
        None if fewer than five pipelines were tried in every format, or there are fewer formats.
    """
    tried = {name for _, name in grids.severities}
    names = [name for name in FORMATS if name in tried]
    common = [
        pipeline
        for pipeline in matrix.pipelines
        if all((pipeline.id, name) in grids.severities for name in names)
    ]
    if len(names) < least or len(common) < _LEAST:
        return None
    families: dict[str, list[str]] = {}
    for pipeline in common:
        families.setdefault(PurePath(pipeline.file).stem, []).append(pipeline.id)
    costs = {(cost.pipeline, cost.format): cost for cost in matrix.format_costs}

    def shares(ids: Sequence[str]) -> tuple[FormatShare, ...]:
        paid = [one for one in ids if all((one, name) in costs for name in names)]
        used = [one for one in ids if all(grids.outputs[one, name] for name in names)]
        return tuple(
            _share(
                name,
                tally(grids, name, ids),
                [grids.outputs[one, name] for one in used],
                [costs[one, name] for one in paid],
            )
            for name in names
        )

    return FormatComparison(
        pipelines=len(common),
        shares=shares([pipeline.id for pipeline in common]),
        families=tuple(
            FamilyShares(name=name, pipelines=len(ids), shares=shares(ids))
            for name, ids in sorted(families.items())
        ),
    )


def tally(grids: VerdictGrids, format_name: str, pipelines: Iterable[str]) -> FormatTally:
    """Count what one format did for some pipelines, each of which has cells in it."""
    tried = written = saved = loaded = safe = same = not_run = 0
    for pipeline in pipelines:
        for own, others in _rows(grids, pipeline, format_name):
            tested = [one for one in (own, *others) if one not in _NOT_TRIED]
            if not tested or own == _NOT_RUN:
                continue
            tried += 1
            if _NOT_SAVED in tested:
                continue
            written += 1
            saved += own in _SAFE or own in _NO_READER
            known = [one for one in others if one not in _NOT_TRIED]
            loaded += len(known)
            safe += sum(one in _SAFE for one in known)
            same += sum(one in _SAME for one in known)
            not_run += others.count(_NOT_RUN)
    return FormatTally(
        tried=tried,
        written=written,
        saved=saved,
        loaded=loaded,
        safe=safe,
        same=same,
        not_run=not_run,
    )


def _rows(grids: VerdictGrids, pipeline: str, format_name: str) -> Iterator[tuple[int, list[int]]]:
    """Yield for each writer the severity in its own environment, and those in the others.

    Writers that could not train the pipeline are left out.
    """
    for writer, row in grids.rows(pipeline, format_name):
        if (pipeline, writer) not in grids.untrained:
            yield row[writer], [*row[:writer], *row[writer + 1 :]]


def _share(
    name: str, found: FormatTally, outputs: Sequence[int], costs: Sequence[FormatCost]
) -> FormatShare:
    return FormatShare(
        format=name,
        tally=found,
        outputs=median_low(outputs) if outputs else 0,
        size=_median(costs, lambda cost: cost.size),
        save_seconds=_median(costs, lambda cost: cost.save_seconds),
        load_seconds=_median(costs, lambda cost: cost.load_seconds),
    )


def _median(costs: Iterable[FormatCost], of: Callable[[FormatCost], float | None]) -> float | None:
    found = [value for value in map(of, costs) if value is not None]
    return median(found) if found else None
