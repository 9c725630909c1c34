"""Scores before and after in words: what moved, by how much, and what the rows cannot show."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from matrix.model import Cell, ClassifierScores, ClassScore, RegressorScores, Scores
from matrix.safe_text import plain

_FEW = 50
"""Rows; with fewer of a class, one row moves its recall by more than 0.02."""
_RARE = 0.1
"""Share of the rows; accuracy hardly shows what happens to a class with less."""
_LARGEST = "largest error"
_MOST_CLASSES = 5
"""Classes that are named in one sentence."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score before saving and after loading."""

    name: str
    was: float | None
    """None if it is not defined; so is ``now``."""
    now: float | None
    loss: bool = False
    """Whether smaller is better."""
    relative: bool = False
    """Whether it is in the units of the target, so that only its relative change says how much."""

    def moved(self, margin: float) -> bool:
        """Whether it changed by more than the margin, or is not defined any more."""
        return self.fell(margin) or self.rose(margin)

    def fell(self, margin: float) -> bool:
        """Whether it became worse by more than the margin, or is not defined any more."""
        if self.was is None:
            return False
        if self.now is None or (math.isnan(self.now) and not math.isnan(self.was)):
            return True
        return self._better(self.was, self.now, margin)

    def rose(self, margin: float) -> bool:
        """Whether it became better by more than the margin."""
        if self.was is None or self.now is None:
            return self.was is None and self.now is not None
        return self._better(self.now, self.was, margin)

    def _better(self, one: float, other: float, margin: float) -> bool:
        """Whether the one value is better than the other by more than the margin."""
        scale = max(abs(one), abs(other)) if self.relative else 1.0
        apart = other - one if self.loss else one - other
        return apart > margin * scale * (1 + 1e-9)

    @property
    def before(self) -> str:
        """The score before saving, as text."""
        return _number(self.was)

    @property
    def after(self) -> str:
        """The score after loading, as text."""
        return _number(self.now)

    def __str__(self) -> str:
        return f"{self.name} {self.before} → {self.after}"


def _number(value: float | None) -> str:
    if value is None:
        return "not defined"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


def overall(before: Scores | None, after: Scores | None) -> list[Score]:
    """Return the scores over all classes or outputs; those that neither side has are left out."""
    return [score for score in _overall(before, after) if score.was is not None or score.now]


def _overall(before: Scores | None, after: Scores | None) -> Iterator[Score]:
    if isinstance(before, ClassifierScores) and isinstance(after, ClassifierScores):
        yield Score("accuracy", before.accuracy, after.accuracy)
        yield Score("balanced accuracy", before.balanced_accuracy, after.balanced_accuracy)
        yield Score("ROC AUC", before.roc_auc, after.roc_auc)
        yield Score("log loss", before.log_loss, after.log_loss, loss=True)
    elif isinstance(before, RegressorScores) and isinstance(after, RegressorScores):
        yield Score("R²", before.r2, after.r2)
        error = before.mean_absolute_error, after.mean_absolute_error
        yield Score("mean absolute error", *error, loss=True, relative=True)
        largest = before.max_error, after.max_error
        yield Score(_LARGEST, *largest, loss=True, relative=True)


def by_class(before: Scores | None, after: Scores | None) -> dict[str, list[Score]]:
    """Return precision, recall and F1 of each class that has rows or is predicted."""
    if not (isinstance(before, ClassifierScores) and isinstance(after, ClassifierScores)):
        return {}
    now = {score.label: score for score in after.classes}
    return {
        _class(one): [
            Score("precision", one.precision, _of(now.get(one.label), "precision")),
            Score("recall", one.recall, _of(now.get(one.label), "recall")),
            Score("F1", one.f1, _of(now.get(one.label), "f1")),
        ]
        for one in before.classes
        if one.support
    }


def _of(score: ClassScore | None, name: str) -> float:
    return 0.0 if score is None else float(getattr(score, name))


def _class(score: ClassScore) -> str:
    return f"{plain(score.label, 24)} ({score.support:,} rows)"


def changed(cell: Cell) -> list[Score]:
    """Return the score of the class that became worst, and the most important overall scores."""
    scores = [one for one in overall(cell.before, cell.after) if one.name != _LARGEST]
    return [*_worst_class(cell.before, cell.after), *scores]


def _worst_class(before: Scores | None, after: Scores | None) -> list[Score]:
    falls = [
        Score(f"{score.name} of {name.rpartition(' (')[0]}", score.was, score.now)
        for name, scores in by_class(before, after).items()
        for score in (scores[1], scores[0])
    ]
    worst = max(falls, key=lambda score: (score.was or 0) - (score.now or 0), default=None)
    return [worst] if worst and (worst.was or 0) > (worst.now or 0) else []


# --------------------------------------------------------------------------- the rows


def scored_on(scores: Scores | None) -> list[str]:
    """Return how many rows the scores stand on, and what they cannot show; empty without a truth.

    The first sentence has the rows, by class; each further one is a warning.
    """
    if isinstance(scores, ClassifierScores):
        return list(_classes(scores))
    if isinstance(scores, RegressorScores) and scores.rows is not None:
        return list(_few_rows(scores.rows))
    return []


def _few_rows(rows: int) -> Iterator[str]:
    yield f"scored on {rows:,} row{'s' * (rows != 1)} with a true answer"
    if rows < _FEW:
        yield f"so few rows show only large changes of a score: {_ADD}"


def _classes(scores: ClassifierScores) -> Iterator[str]:
    rows = sum(one.support for one in scores.classes)
    balance = [
        f"{plain(one.label, 24)} {one.support:,} ({_share(one.support, rows)})"
        for one in sorted(scores.classes, key=lambda one: -one.support)
    ]
    listed = balance[:_MOST_CLASSES]
    further = len(balance) - len(listed)
    rest = [f"{further} further class{'es' * (further != 1)}"] if further else []
    yield f"scored on {rows:,} row{'s' * (rows != 1)} with a true answer: " + ", ".join(
        [*listed, *rest]
    )
    absent = [one for one in scores.classes if not one.support]
    if absent:
        yield f"no row of {_named(absent)}: a change of its recall cannot be seen; {_ADD}"
    few = [one for one in scores.classes if 0 < one.support < _FEW]
    if few:
        least = min(few, key=lambda one: one.support)
        yield (
            f"few rows of {_named(few)}: one row moves the recall of {plain(least.label, 24)} by "
            f"{1 / least.support:.2g}, and a smaller change cannot be seen; {_ADD}"
        )
    rare = [one for one in scores.classes if 0 < one.support < _RARE * rows]
    if rare:
        least = min(rare, key=lambda one: one.support)
        name = plain(least.label, 24)
        yield (
            f"the classes are uneven: if the recall of {name} fell to 0, accuracy would fall by "
            f"{least.support / rows:.2g} at most; watch its recall and the balanced accuracy"
        )


_ADD = "add such rows with --data FILE"


def _named(classes: list[ClassScore]) -> str:
    names = [plain(one.label, 24) for one in classes[:_MOST_CLASSES]]
    further = len(classes) - len(names)
    what = "class" if len(classes) == 1 else "classes"
    return f"{what} {', '.join(names)}" + (f" and {further} more" if further else "")


def _share(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.2g} %"


# --------------------------------------------------------------------------- lines and tables


def has_scores(cell: Cell) -> bool:
    """Whether a load has a column in the table of scores.

    The environment that saved the model has one only if its own scores changed there.
    """
    return cell.before is not None and (cell.reader != cell.writer or cell.before != cell.after)


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A line about the scores of one load."""

    text: str
    fell: bool
    """Whether a score in it became worse by more than the margin."""


def score_lines(cell: Cell, margin: float, *, every_class: bool = False) -> list[ScoreLine]:
    """Return the scores of a load: all of them, those that moved with what they were.

    Args:
        cell: the judged load.
        margin: a score that moves by no more counts as the same.
        every_class: also list classes of which no score moved.
    """
    scores = overall(cell.before, cell.after)
    if not scores:
        return []
    same = not any(one.moved(margin) for one in scores)
    lines = [_line("scores unchanged" if same else "scores", scores, margin)]
    classes = by_class(cell.before, cell.after)
    listed = [
        (name, found)
        for name, found in classes.items()
        if every_class or any(one.moved(margin) for one in found)
    ]
    listed.sort(key=lambda one: min((s.now or 0) - (s.was or 0) for s in one[1]))
    lines += [_line(name, found, margin) for name, found in listed[:_MOST_CLASSES]]
    further = len(listed) - _MOST_CLASSES
    if further > 0:
        lines.append(ScoreLine(f"and {further} further class{'es' * (further != 1)}", False))
    return lines


def _line(title: str, scores: list[Score], margin: float) -> ScoreLine:
    texts = [str(one) if one.moved(margin) else f"{one.name} {one.before}" for one in scores]
    return ScoreLine(f"{title}: {', '.join(texts)}", any(one.fell(margin) for one in scores))


@dataclass(frozen=True, slots=True)
class ScoreAfter:
    """One score after a load."""

    text: str
    """Empty if the load was not scored by it."""
    fell: bool = False
    """Whether it became worse by more than the margin."""
    rose: bool = False
    """Whether it became better by more than the margin."""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A row of a table of scores: one score, before saving and after each load."""

    name: str
    before: str
    after: tuple[ScoreAfter, ...]
    """By load."""


def score_table(cells: list[Cell], margin: float) -> list[ScoreRow]:
    """Return a table of all scores of a model, with a column for each load that was scored."""
    columns = [
        [
            *overall(cell.before, cell.after),
            *(
                replace(score, name=f"{score.name} of {name}")
                for name, scores in by_class(cell.before, cell.after).items()
                for score in scores
            ),
        ]
        for cell in cells
    ]
    names = dict.fromkeys(score.name for column in columns for score in column)
    rows = []
    for name in names:
        found = [next((one for one in column if one.name == name), None) for column in columns]
        known = next(one for one in found if one is not None)
        after = tuple(
            ScoreAfter("")
            if one is None
            else ScoreAfter(one.after, fell=one.fell(margin), rose=one.rose(margin))
            for one in found
        )
        rows.append(ScoreRow(name, known.before, after))
    return rows
