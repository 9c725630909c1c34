"""Which way to save one pipeline would have survived, by format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matrix.model import Cell, Direction, Environment, Matrix
from matrix.report.format_shares import FormatTally, tally
from matrix.report.releases import Break, find_breaks
from matrix.report.sentences import route
from matrix.report.verdict_grids import ABSENT, VERDICTS, VerdictGrids
from matrix.worker.compat_worker.formats import FORMATS

_BEFORE = {
    Direction.UPGRADE: "",
    Direction.ROLLBACK: "only back: ",
    Direction.VARIATION: "same release: ",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatOutcome:
    """How far one format carries one pipeline."""

    format: str
    outputs: int
    """The most outputs that a load compared."""
    tally: FormatTally
    first_break: str
    """Where it breaks first, and how: ``up to 1.2 → 1.3 load-failed``. The first release that an
    upgrade breaks with; else a rollback, or the same release with another package or Python. Empty
    if nothing breaks."""

    @property
    def name(self) -> str:
        """The format; with the number of compared outputs if its files are not the model itself."""
        if not FORMATS[self.format].methods or not self.outputs:
            return self.format
        return f"{self.format} ({self.outputs} output{'' if self.outputs == 1 else 's'} compared)"

    @property
    def saved_text(self) -> str:
        """``yes``, ``no``, in how many environments, or that no file works where it was saved."""
        if self.tally.written and not self.tally.saved:
            return "fails where saved"
        return _part(self.tally.saved, self.tally.tried)

    @property
    def safe_text(self) -> str:
        """How many loads of a file in another environment are safe: ``4 of 6``."""
        found = self.tally
        text = f"{found.safe:,} of {found.loaded:,}" if found.loaded else "not loaded"
        return f"{text}, {found.not_run:,} not run" if found.not_run else text

    @property
    def survives(self) -> bool:
        """Whether it was saved everywhere, and every load was run and is safe."""
        found = self.tally
        return (
            not found.not_run and 0 < found.tried == found.saved and 0 < found.loaded == found.safe
        )


def _part(some: int, every: int) -> str:
    if not every:
        return "not available"
    return {0: "no", every: "yes"}.get(some, f"in {some:,} of {every:,}")


def outcomes(grids: VerdictGrids, pipeline: str) -> tuple[FormatOutcome, ...]:
    """Return what happened to one pipeline in each format that it was tried in.

    Those that carry it furthest come first; the order of :data:`FORMATS` decides between equals.
    """
    found = [
        FormatOutcome(
            format=name,
            outputs=grids.outputs[pipeline, name],
            tally=tally(grids, name, [pipeline]),
            first_break=_first_break(grids, pipeline, name),
        )
        for name in FORMATS
        if (pipeline, name) in grids.severities
    ]
    return tuple(sorted(found, key=_rank))


def _rank(outcome: FormatOutcome) -> tuple[float, float, int]:
    found = outcome.tally
    share = found.safe / found.loaded if found.loaded else 0.0
    saved = found.saved / found.tried if found.tried else 0.0
    return -share * saved, -saved, -outcome.outputs


def outcomes_by_pipeline(
    grids: VerdictGrids, pipelines: Iterable[str]
) -> dict[str, tuple[FormatOutcome, ...]]:
    """Return the outcomes of the pipelines that were tried in more than one format."""
    found = {name: outcomes(grids, name) for name in pipelines if _several(grids, name)}
    return {name: some for name, some in found.items() if some}


def _several(grids: VerdictGrids, pipeline: str) -> bool:
    return sum((pipeline, name) in grids.severities for name in FORMATS) > 1


def outcomes_in(matrix: Matrix, pipeline: str) -> tuple[FormatOutcome, ...]:
    """Return the outcomes of one pipeline of a run; empty if the run has no cell of it."""
    grids = VerdictGrids(matrix.environments)
    for cell in _of(matrix.cells, pipeline):
        grids.add(cell)
    return outcomes(grids, pipeline)


def _of(cells: Iterable[Cell], pipeline: str) -> Iterable[Cell]:
    return (cell for cell in cells if cell.pipeline == pipeline)


_NAMED = 3
"""Formats that a sentence names, at most."""
HEADS = ("format", "saved", "safe loads", "outputs", "breaks first")
"""What :func:`table_rows` returns, by position."""


def table_rows(found: Iterable[FormatOutcome]) -> list[tuple[str, ...]]:
    """Return outcomes as texts, in the order of :data:`HEADS`; equal ones share a row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        outputs = f"{one.outputs:,}" if one.outputs else ""
        row = (one.saved_text, one.safe_text, outputs, one.first_break)
        rows.setdefault(row, []).append(one.format)
    return [(", ".join(names), *row) for row, names in rows.items()]


def in_one_line(found: Sequence[FormatOutcome]) -> str:
    """Return which formats would have survived every load of a run, or which came furthest."""
    surviving = [one.name for one in found if one.survives]
    if surviving:
        return f"Safe in every load of the run: {', '.join(surviving)}"
    best = [one.name for one in found if _rank(one)[:2] == _rank(found[0])[:2]]
    furthest = f"the one that comes furthest is {best[0]}"
    if len(best) > 1:
        furthest = f"those that come furthest are {_named(best)}"
    return (
        f"No format is safe in every load of the run; {furthest}: {found[0].safe_text} loads "
        "are safe"
    )


def _named(names: Sequence[str]) -> str:
    """Return ``joblib, dill and skops``, or ``joblib, dill and 8 more``."""
    if len(names) > _NAMED:
        shown = [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more"]
    else:
        shown = list(names)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _first_break(grids: VerdictGrids, pipeline: str, format_name: str) -> str:
    breaks = find_breaks(grids.only(pipeline, format_name))
    if breaks:
        first = breaks[0]
        return f"{_BEFORE[first.direction]}{_words(first)}"
    return _first_bad_pair(grids, pipeline, format_name)


def _words(found: Break) -> str:
    return f"{route(found)} {found.verdict.value}"


def _first_bad_pair(grids: VerdictGrids, pipeline: str, format_name: str) -> str:
    """Return the first load that is not safe, where no two releases follow each other."""
    labels = [_label(one) for one in grids.environments]
    for writer, row in grids.rows(pipeline, format_name):
        for reader, severity in enumerate(row):
            if severity != ABSENT and VERDICTS[severity].group.unsafe:
                return f"{labels[writer]} → {labels[reader]} {VERDICTS[severity].value}"
    return ""


def _label(environment: Environment) -> str:
    return environment.spec.label
