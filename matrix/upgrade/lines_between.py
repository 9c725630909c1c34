"""Which of the lines between two that were run are run too.

Between two releases that are safe every line is run: on the reference pipelines one release in a
hundred between two safe ones is not safe. Between two that are bad in exactly the same way none
is run, and nothing is claimed of them. Anywhere else the line in the middle is run, so that the
lines on the way from the last safe release to the first bad one are halved. To start where the
known cause of what is wrong began would run 4 % fewer lines, and would miss more that is bad in
another way.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from packaging.version import Version

from matrix.baseline.baseline import Baseline, covering
from matrix.model import Cell, EnvSpec, Group, OutputDifference
from matrix.normalize_messages import without_places
from matrix.upgrade.answer import LinesNotRun, Target, UpgradeQuestion
from matrix.upgrade.safe_range import in_order


def ends_of(lines: Sequence[EnvSpec], origin: str) -> tuple[EnvSpec, ...]:
    """The lines to run first: the newest, and the oldest if it is older than the origin.

    Args:
        lines: the targets of a model, all of them lines of scikit-learn.
        origin: the release that saved it.
    """
    ascending = sorted(lines, key=_place)
    ends = {ascending[-1]}
    if origin[:1].isdigit() and _place(ascending[0]) < Version(origin):
        ends.add(ascending[0])
    return tuple(one for one in lines if one in ends)


Needed = Callable[[Cell, Cell, EnvSpec], bool]
"""Whether a line between two bad results that are alike is run all the same."""


def never(_: Cell, __: Cell, ___: EnvSpec) -> bool:
    """No such line is run."""
    return False


def always(_: Cell, __: Cell, ___: EnvSpec) -> bool:
    """Every line is run."""
    return True


def in_baseline(known: Baseline, today: date) -> Needed:
    """Those that a baseline has, and those between results that only an acceptance lets pass.

    Args:
        known: the baseline that the answers are compared with.
        today: an acceptance is valid up to its last day.
    """

    def needed(low: Cell, high: Cell, line: EnvSpec) -> bool:
        if any(
            (one.pipeline, one.format, one.writer, line.id) in known.verdicts for one in (low, high)
        ):
            return True
        new = (one for one in (low, high) if one.key not in known.verdicts)
        return any(any(covering(known.acceptances, one, today)) for one in new)

    return needed


def with_lines(
    question: UpgradeQuestion, targets: Sequence[Target], needed: Needed
) -> UpgradeQuestion:
    """The question with the lines that must be run now; unchanged if there are none.

    Args:
        question: about a model.
        targets: its results so far.
        needed: which lines between two alike are run too.
    """
    new = set(to_run(question, targets, needed))
    if not new:
        return question
    asked = new.union(question.targets)
    lines = [one for one in question.lines if one in asked]
    others = [one for one in question.targets if one not in question.lines]
    return replace(question, targets=(*lines, *others))


def to_run(
    question: UpgradeQuestion, targets: Sequence[Target], needed: Needed
) -> tuple[EnvSpec, ...]:
    """The lines that must be run now; empty if those that were run decide about the others."""
    gaps = _gaps(question, targets)
    inside = {one for gap in gaps for one in gap.lines}
    beyond = [one for one in question.waiting if one not in inside]
    return tuple(itertools.chain(beyond, *(gap.next(needed) for gap in gaps)))


def with_every_line(question: UpgradeQuestion) -> UpgradeQuestion:
    """The question with all of its lines."""
    others = [one for one in question.targets if one not in question.lines]
    return replace(question, targets=(*question.lines, *others), lines=())


def not_run(question: UpgradeQuestion, targets: Sequence[Target]) -> tuple[LinesNotRun, ...]:
    """The lines that were not run, with the results on both sides of them."""
    return tuple(
        LinesNotRun(
            lines=tuple(one.scikit_learn for one in gap.lines), below=gap.low, above=gap.high
        )
        for gap in _gaps(question, targets)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Gap:
    """Lines between two results next to each other, ascending."""

    low: Target
    high: Target
    lines: tuple[EnvSpec, ...]

    def next(self, needed: Needed) -> tuple[EnvSpec, ...]:
        """Which of the lines to run now."""
        low, high = self.low.cell, self.high.cell
        if low.verdict.predicts_same and high.verdict.predicts_same:
            return self.lines
        if Group.UNKNOWN in (low.verdict.group, high.verdict.group):
            return self.lines
        if alike(low, high):
            return tuple(line for line in self.lines if needed(low, high, line))
        return (self.lines[(len(self.lines) - 1) // 2],)


def _gaps(question: UpgradeQuestion, targets: Sequence[Target]) -> list[_Gap]:
    return list(_each_gap(sorted(question.waiting, key=_place), in_order(targets)))


def _each_gap(waiting: Sequence[EnvSpec], ladder: Sequence[Target]) -> Iterator[_Gap]:
    for low, high in itertools.pairwise(ladder):
        low_at, high_at = Version(low.release), Version(high.release)
        inside = tuple(one for one in waiting if low_at < _place(one) < high_at)
        if inside:
            yield _Gap(low=low, high=high, lines=inside)


def _place(line: EnvSpec) -> Version:
    """Where a line stands among releases: after all of its own."""
    text = line.scikit_learn
    return Version(text if text.count(".") >= 2 else f"{text}.{_AFTER_EVERY_PATCH}")


_AFTER_EVERY_PATCH = 9999


def alike(one: Cell, other: Cell) -> bool:
    """Whether a model changes or fails in exactly the same way in two environments.

    The verdict, its cause, where it fails and with what words, and how far each output differs are
    the same. Nothing is alike that is safe or unknown.
    """
    return one.verdict.group in _BAD and _way(one) == _way(other)


_BAD = (Group.CHANGES, Group.FAILS)


def _way(cell: Cell) -> object:
    failure = cell.exception
    return (
        cell.verdict,
        cell.cause,
        cell.stage,
        cell.silent,
        "" if failure is None else (failure.type, without_places(failure.message)),
        {name: _difference(found) for name, found in cell.outputs.items()},
    )


def _difference(found: OutputDifference) -> object:
    return (found.verdict, found.n_changed, found.n, found.note, _rounded(found.max_abs))


def _rounded(value: float | None) -> str:
    """A difference with three digits: rounding noise moves the others."""
    return "" if value is None else f"{value:.3g}"
