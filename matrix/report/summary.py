"""Counts the cells of a Matrix in one pass, for all reports that people read.

Memory depends on the number of pipelines and environments. Of each cell only one byte is kept,
besides a few examples.
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
from matrix.report.score_words import has_scores
from matrix.report.verdict_grids import VERDICTS, VerdictGrids

_MOST_REASONS = 1000
"""Distinct messages that are counted separately; further ones are counted together."""


@dataclass(slots=True)
class SilentChange:
    """The silent changes of one pipeline in one method."""

    pipeline: str
    method: str
    cells: int = 0
    worst: Cell | None = None
    harm: tuple[float, ...] = ()
    """Sort key of the worst cell; see ``_harm``."""

    def add(self, cell: Cell) -> None:
        self.cells += 1
        harm = _harm(cell)
        if self.worst is None or harm > self.harm:
            self.worst, self.harm = cell, harm


@dataclass(slots=True)
class Reason:
    """One exception or reason, and the cells that have it."""

    type: str
    """Class of the exception, or the verdict if there was none."""
    message: str
    """The message if it is always the same, else with the varying parts replaced."""
    example: Cell
    cells: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    """How many of the cells also change an output, by method."""
    pipelines: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Caused:
    """The cells with one cause."""

    id: str
    example: Cell
    cells: int = 0
    pipelines: set[str] = field(default_factory=set)

    @property
    def known(self) -> KnownCause | None:
        """The known cause; None if the id is generated."""
        return causes.by_id().get(self.id)


@dataclass(slots=True)
class Summary:
    """Counts and examples of the cells of a Matrix."""

    grids: VerdictGrids
    tally: Tally = field(default_factory=Tally)
    pairs: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """By writer and reader: the number of cells for each severity."""
    changes: dict[tuple[str, str], SilentChange] = field(default_factory=dict)
    """By pipeline and method."""
    warned: int = 0
    """Number of changed cells that came with a warning about the change."""
    causes: dict[str, Caused] = field(default_factory=dict)
    """Causes of the cells that are known not to be safe, known or generated, by id."""
    failures: dict[tuple[str, str], Reason] = field(default_factory=dict)
    scored: dict[str, list[Cell]] = field(default_factory=dict)
    """Of an upgrade check: by model, the cells with scores against the truth."""
    limited: dict[tuple[str, str], Reason] = field(default_factory=dict)
    unknown: dict[tuple[str, str], Reason] = field(default_factory=dict)

    @property
    def environments(self) -> tuple[Environment, ...]:
        """The environments of the matrix, in its order."""
        return self.grids.environments

    @property
    def verdicts(self) -> Counter[Verdict]:
        """Number of cells for each verdict."""
        return self.tally.verdicts

    @property
    def total(self) -> int:
        """Number of cells."""
        return self.verdicts.total()

    @property
    def groups(self) -> Mapping[Group, int]:
        """Number of cells of each group; they add up to the total."""
        return self.tally.groups()

    @property
    def bad(self) -> int:
        """Number of cells that are known not to be safe."""
        return sum(count for group, count in self.groups.items() if group.unsafe)

    def reasons(self, group: Group) -> Mapping[tuple[str, str], Reason]:
        """Return the messages of the cells of a group."""
        found = {Group.FAILS: self.failures, Group.LIMITED: self.limited}
        return found.get(group, self.unknown)

    def known_causes(self) -> list[Caused]:
        """Return the known causes, those with the most cells first."""
        found = [one for one in self.causes.values() if one.known is not None]
        return sorted(found, key=lambda one: (-one.cells, one.id))

    def worst_changes(self) -> list[SilentChange]:
        """Return the silent changes, worst first."""
        ordered = sorted(self.changes.values(), key=lambda c: (c.pipeline, c.method))
        return sorted(ordered, key=lambda change: change.harm, reverse=True)


def summarize(matrix: Matrix) -> Summary:
    """Count the cells of a matrix; they are read once."""
    summary = Summary(grids=VerdictGrids(matrix.environments))
    for cell in matrix.cells:
        verdict = cell.verdict
        summary.tally.add(cell)
        pair = (cell.writer, cell.reader)
        counts = summary.pairs.get(pair)
        if counts is None:
            counts = summary.pairs[pair] = [0] * len(VERDICTS)
        counts[verdict.severity] += 1
        summary.grids.add(cell)
        if matrix.answers and has_scores(cell):
            summary.scored.setdefault(cell.pipeline, []).append(cell)
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
        reasons = {Group.FAILS: summary.failures, Group.LIMITED: summary.limited}
        _add_reason(reasons.get(group, summary.unknown), cell)


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
        key, message = ("…", ""), "other messages, all different"
    reason = reasons.get(key)
    if reason is None:
        reason = reasons[key] = Reason(key[0], message, cell)
    elif reason.message != message and key[0] != "…":
        reason.message = key[1]
    reason.cells += 1
    reason.stages[cell.stage or cell.verdict.value] += 1
    reason.pipelines.add(cell.pipeline)
    reason.changed.update(
        name for name, output in cell.outputs.items() if output.verdict.group is Group.CHANGES
    )


def decisive_output(cell: Cell) -> OutputDifference | None:
    """Return the difference in the method that decided the verdict; None if no output differs."""
    return cell.outputs.get(decisive_method(cell))


def decisive_method(cell: Cell) -> str:
    """Return the name of the method that decided the verdict; empty if no output differs."""
    if cell.stage in cell.outputs:
        return cell.stage
    outputs = cell.outputs
    return max(outputs, key=lambda name: outputs[name].verdict.severity, default="")


def score_loss(cell: Cell) -> float:
    """Return the largest loss in accuracy, recall or R²; at most 1, negative if better."""
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
    """Return the sort key: loss of score, labels before numbers, share of rows, size."""
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
