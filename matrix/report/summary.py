"""One pass over the cells of a Matrix, into counters that every report for people can show.

Memory depends on how many pipelines and environments there are, and not on how many cells: of
these only one byte each is kept, and a few examples. Nothing here chooses colours or widths.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix import causes
from matrix.causes import KnownCause
from matrix.model import (
    Cell,
    ClassifierScores,
    Environment,
    Group,
    Matrix,
    OutputDifference,
    RegressorScores,
    Verdict,
)
from matrix.normalize_messages import folded
from matrix.report.notice import Tally

ABSENT = 255
"""In a grid: there is no such cell."""
_MOST_REASONS = 1000
"""Distinct messages that are told apart; further ones are counted together."""
VERDICTS = tuple(Verdict)
"""By severity."""


@dataclass(slots=True)
class SilentChange:
    """The silent changes of one pipeline that show in one method."""

    pipeline: str
    method: str
    cells: int = 0
    worst: Cell | None = None
    harm: tuple[float, ...] = ()
    """What the worst was chosen by."""

    def add(self, cell: Cell) -> None:
        self.cells += 1
        harm = _harm(cell)
        if self.worst is None or harm > self.harm:
            self.worst, self.harm = cell, harm


@dataclass(slots=True)
class Reason:
    """One thing that was raised, or one reason, and the cells that it explains."""

    type: str
    """Class of the exception, or the verdict where nothing was raised."""
    message: str
    """As it was raised if always the same, or with what differs folded away."""
    example: Cell
    cells: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    pipelines: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Caused:
    """The cells that have one cause."""

    id: str
    example: Cell
    cells: int = 0
    pipelines: set[str] = field(default_factory=set)

    @property
    def known(self) -> KnownCause | None:
        """What is known of it; None if nobody has written it down."""
        return causes.by_id().get(self.id)


@dataclass(slots=True)
class Summary:
    """What the cells of a Matrix come to."""

    environments: tuple[Environment, ...]
    tally: Tally = field(default_factory=Tally)
    pairs: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """By writer and reader: how many cells have the verdict of each severity."""
    grids: dict[tuple[str, str], bytearray] = field(default_factory=dict)
    """By pipeline and format: the severity for each writer (row) and reader, or ABSENT."""
    changes: dict[tuple[str, str], SilentChange] = field(default_factory=dict)
    """By pipeline and method."""
    warned: int = 0
    """Changed cells that came with a warning that points at it."""
    causes: dict[str, Caused] = field(default_factory=dict)
    """By id, known ones and others, of the cells that change or fail."""
    failures: dict[tuple[str, str], Reason] = field(default_factory=dict)
    unknown: dict[tuple[str, str], Reason] = field(default_factory=dict)

    @property
    def verdicts(self) -> Counter[Verdict]:
        """How many cells have each verdict."""
        return self.tally.verdicts

    @property
    def total(self) -> int:
        """How many cells there are."""
        return self.verdicts.total()

    @property
    def groups(self) -> Mapping[Group, int]:
        """How many cells have each of the four answers; they add up to the total."""
        return self.tally.groups()

    @property
    def bad(self) -> int:
        """How many cells change or fail."""
        return self.groups[Group.CHANGES] + self.groups[Group.FAILS]

    def known_causes(self) -> list[Caused]:
        """Those that are known, those of the most cells first."""
        found = [one for one in self.causes.values() if one.known is not None]
        return sorted(found, key=lambda one: (-one.cells, one.id))

    def worst_changes(self) -> list[SilentChange]:
        """The silent changes, worst first."""
        ordered = sorted(self.changes.values(), key=lambda c: (c.pipeline, c.method))
        return sorted(ordered, key=lambda change: change.harm, reverse=True)


def summarize(matrix: Matrix) -> Summary:
    """Read the cells once."""
    summary = Summary(environments=matrix.environments)
    position = {environment.id: i for i, environment in enumerate(matrix.environments)}
    side = len(position)
    for cell in matrix.cells:
        verdict = cell.verdict
        severity = verdict.severity
        summary.tally.add(cell)
        pair = (cell.writer, cell.reader)
        counts = summary.pairs.get(pair)
        if counts is None:
            counts = summary.pairs[pair] = [0] * len(VERDICTS)
        counts[severity] += 1
        grid = summary.grids.get((cell.pipeline, cell.format))
        if grid is None:
            grid = bytearray([ABSENT]) * (side * side)
            summary.grids[cell.pipeline, cell.format] = grid
        if cell.writer in position and cell.reader in position:
            grid[position[cell.writer] * side + position[cell.reader]] = severity
        if not verdict.safe:
            _explain(summary, cell)
    return summary


def _explain(summary: Summary, cell: Cell) -> None:
    group = cell.verdict.group
    if cell.cause is not None:
        _add_caused(summary.causes, cell, cell.cause)
    if group is Group.CHANGES:
        key = (cell.pipeline, cell.stage)
        if key not in summary.changes:
            summary.changes[key] = SilentChange(*key)
        summary.changes[key].add(cell)
        summary.warned += not cell.silent
    else:
        _add_reason(summary.failures if group is Group.FAILS else summary.unknown, cell)


def _add_caused(found: dict[str, Caused], cell: Cell, name: str) -> None:
    if name not in found and len(found) >= _MOST_REASONS:
        name = f"{causes.PREFIX}further"
    caused = found.get(name)
    if caused is None:
        caused = found[name] = Caused(name, cell)
    caused.cells += 1
    caused.pipelines.add(cell.pipeline)


def _add_reason(reasons: dict[tuple[str, str], Reason], cell: Cell) -> None:
    if cell.exception is not None:
        kind, message = cell.exception.type, cell.exception.message
    else:
        kind, message = cell.verdict.value, cell.reason
    key = (kind, folded(message))
    if key not in reasons and len(reasons) >= _MOST_REASONS:
        key, message = ("…", ""), "further messages, each of them different"
    reason = reasons.get(key)
    if reason is None:
        reason = reasons[key] = Reason(key[0], message, cell)
    elif reason.message != message and key[0] != "…":
        reason.message = key[1]
    reason.cells += 1
    reason.stages[cell.stage or cell.verdict.value] += 1
    reason.pipelines.add(cell.pipeline)


def decisive_output(cell: Cell) -> OutputDifference | None:
    """The difference in the method that the verdict was decided by."""
    if cell.stage in cell.outputs:
        return cell.outputs[cell.stage]
    return max(cell.outputs.values(), key=lambda o: o.verdict.severity, default=None)


def score_loss(cell: Cell) -> float:
    """How much worse the predictions became: the largest fall of a share, or of R², at most 1."""
    before, after = cell.before, cell.after
    if isinstance(before, ClassifierScores) and isinstance(after, ClassifierScores):
        recalls = {score.label: score.recall for score in after.classes}
        falls = [
            score.recall - recalls.get(score.label, 0.0)
            for score in before.classes
            if score.support
        ]
        return max([before.accuracy - after.accuracy, *falls])
    if isinstance(before, RegressorScores) and isinstance(after, RegressorScores):
        fall = before.r2 - after.r2
        return 1.0 if math.isnan(after.r2) else min(fall, 1.0)
    return 0.0


def _harm(cell: Cell) -> tuple[float, ...]:
    """Order of silent changes: what is lost, labels before numbers, many rows before few."""
    output = decisive_output(cell)
    if output is None:
        return (score_loss(cell), 0.0, 0.0, 0.0)
    share = output.n_changed / output.n if output.n else 0.0
    size = output.max_rel or 0.0
    return (
        round(score_loss(cell), 3),
        float(output.verdict is not Verdict.SCORES_CHANGED),
        share,
        math.inf if math.isnan(size) else size,
    )
