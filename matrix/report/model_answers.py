"""What became of a user's models, as sentences that every report shares."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from matrix.judge.cells import INTROSPECTION
from matrix.model import Cell, Group, Matrix, ModelAnswer, OutputDifference, Pipeline, Verdict
from matrix.normalize_messages import without_places
from matrix.report.safe_text import plain
from matrix.upgrade.answer import Model, RowCounts, SafeRange, Target, UpgradeAnswer, UpgradeResult
from matrix.upgrade.safe_range import in_order

_CHANGES: Mapping[str, str] = {
    "predict": "its predictions",
    "predict_proba": "its probabilities",
    "predict_log_proba": "its probabilities",
    "decision_function": "its scores",
    "score_samples": "its scores",
    "transform": "what it transforms to",
    "kneighbors": "its neighbours",
    "get_feature_names_out": "its feature names",
}
"""What changes where a method does."""


def notice(answers: Sequence[UpgradeAnswer]) -> Iterator[str]:
    """What answers do not say; it stands in every report."""
    if any(answer.rows.n for answer in answers):
        yield (
            "Safe means: on these rows every output was the same, within the tolerance. Other "
            "rows may show more: give your own with --data FILE."
        )
    if any(answer.range is not None for answer in answers):
        yield "Releases between those that were run were not run."


# --------------------------------------------------------------------------- one model


def headline(answer: UpgradeAnswer) -> str:
    """The answer in a line: safe, changed or broken, where, and what to write."""
    if answer.problem is not None:
        return f"cannot tell: {plain(answer.problem.message, 600)}"
    if answer.range is not None:
        return _ranged(answer.range)
    origin = answer.targets[0]
    if not origin.cell.verdict.safe:
        return f"cannot tell: where it was saved, it {what_happens(origin.cell)}"
    others = answer.targets[1:]
    groups = Counter(target.cell.verdict.group for target in others)
    said = [f"{_GROUPS[group]} {_names(others, group)}" for group in Group if groups[group]]
    return "; ".join(said) if said else "there is nothing that it could go to"


_GROUPS = {
    Group.LOADS: "safe for",
    Group.CHANGES: "changes in",
    Group.FAILS: "broken in",
    Group.UNKNOWN: "cannot tell for",
}


def _names(targets: Iterable[Target], group: Group) -> str:
    names = [t.environment.spec.label for t in targets if t.cell.verdict.group is group]
    return ", ".join(names)


def _ranged(found: SafeRange) -> str:
    if len(found.run) == 1:
        said = f"safe for scikit-learn {found.run[0]} alone"
    else:
        said = f"safe for scikit-learn {found.run[0]} to {found.highest}"
    if found.first_bad is not None:
        said += f", {_from(found.first_bad)}"
    if found.last_bad is not None:
        said += f"; below, {_from(found.last_bad)}"
    return said


def _from(bad: Target) -> str:
    """``changes its probabilities from 1.8.0``"""
    cell = bad.cell
    if cell.verdict.group is Group.UNKNOWN:
        return f"not known for {bad.release}"
    if cell.verdict is Verdict.LOAD_FAILED:
        return f"does not load in {bad.release}"
    if cell.verdict.group is Group.FAILS:
        return f"{what_happens(cell, brief=True)} in {bad.release}"
    return f"changes {_CHANGES.get(cell.stage, f'what {cell.stage} returns')} in {bad.release}"


def advice(answer: UpgradeAnswer) -> str:
    """What to write into the requirements; empty if nothing can be advised."""
    return "" if answer.range is None else f'pin "{answer.range.pin}"'


def releases_run(answer: UpgradeAnswer) -> str:
    """Which releases were run, for those who want to know what lies between."""
    return f"run: {', '.join(target.release for target in in_order(answer.targets))}"


def loaded_in(answer: UpgradeAnswer) -> str:
    """What held the model while it was asked; empty if it was not asked."""
    return "" if answer.sandbox is None else f"loaded in: {answer.sandbox.words}"


def evidence(rows: RowCounts) -> str:
    """How many rows of which kind an answer stands on."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in rows.made.items())
    return f"{rows.n:,} rows: {kinds}"


# --------------------------------------------------------------------------- one target


def what_happens(cell: Cell, *, brief: bool = False) -> str:
    """What becomes of a model in one environment, after "it"."""
    verdict = cell.verdict
    if verdict is Verdict.IDENTICAL:
        return "gives the same, bit for bit"
    if verdict is Verdict.EQUIVALENT:
        return f"gives the same within rounding{_largest(cell.outputs.values())}"
    if verdict is Verdict.UNSTABLE:
        return f"gives something else each time it is loaded ({cell.stage})"
    if verdict.group is Group.CHANGES:
        return _changed(cell)
    if verdict.group is Group.UNKNOWN:
        return f"cannot be asked: {plain(cell.reason, 400)}" if cell.reason else "was not asked"
    what = "does not load" if cell.stage == "load" else f"fails in {cell.stage}"
    if cell.stage in INTROSPECTION:  # it decides only where every output is the same
        what = f"fails only in {cell.stage}"
    if verdict in (Verdict.CRASHED, Verdict.TIMED_OUT):
        what = "kills the interpreter" if verdict is Verdict.CRASHED else "does not come to an end"
        return what if brief else f"{what}: {plain(cell.reason, 300)}"
    if brief or cell.exception is None:
        return what
    message = plain(without_places(cell.exception.message), 300)
    return f"{what}: {cell.exception.type}: {message}"


def _changed(cell: Cell) -> str:
    difference = cell.outputs.get(cell.stage)
    if difference is None:
        return f"changes what {cell.stage} returns"
    if difference.verdict is Verdict.LABELS_CHANGED:
        said = f"changes {difference.n_changed:,} of {difference.n:,} labels"
    elif difference.verdict is Verdict.STRUCTURE_CHANGED:
        said = f"changes the form of {cell.stage}"
    else:
        said = f"changes {cell.stage} in {difference.n_changed:,} of {difference.n:,} rows"
        said += f" by up to {difference.max_abs:.3g}" if difference.max_abs else ""
    said += f": {plain(difference.note)}" if difference.note else ""
    others = [
        f"{name} by up to {other.max_abs:.3g}" if other.max_abs else name
        for name, other in cell.outputs.items()
        if other is not difference and not other.verdict.safe
    ]
    return f"{said}; also {', '.join(others[:_OTHERS])}" if others else said


_OTHERS = 4
"""So many further methods that changed are named."""


def _largest(differences: Iterable[OutputDifference]) -> str:
    largest = max((found.max_abs or 0.0 for found in differences), default=0.0)
    return f" (up to {largest:.1g})" if largest else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Neighbouring targets of which the same is to be said."""

    name: str
    target: Target
    """The first of them."""
    origin: bool
    """Whether it is where the model comes from."""
    said: str
    """What happens there."""


def stretches(answer: UpgradeAnswer) -> list[Stretch]:
    """The targets, those in a row ascending, with neighbours that fare alike taken together."""
    origin = answer.targets[0]
    if answer.range is None:
        return [
            _stretch([target.environment.spec.label], target, origin) for target in answer.targets
        ]
    found = []
    for _, group in itertools.groupby(
        in_order(answer.targets), lambda target: what_happens(target.cell)
    ):
        members = list(group)
        found.append(_stretch([target.release for target in members], members[0], origin))
    return found


def _stretch(names: Sequence[str], first: Target, origin: Target) -> Stretch:
    name = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return Stretch(name=name, target=first, origin=first is origin, said=what_happens(first.cell))


# --------------------------------------------------------------------------- all of them


def group_of(answer: UpgradeAnswer) -> Group:
    """What an answer comes to: the worst of its targets; unknown if nothing worse is known."""
    if answer.problem is not None or not answer.targets[0].cell.verdict.safe:
        return Group.UNKNOWN
    groups = {target.cell.verdict.group for target in answer.targets}
    order = (Group.FAILS, Group.CHANGES, Group.UNKNOWN)
    return next((group for group in order if group in groups), Group.LOADS)


def summary(answers: Sequence[UpgradeAnswer]) -> str:
    """``3 models: 1 identical, 1 changes 14 of 2,000 labels, 1 does not load``"""
    counts = Counter(_in_short(answer) for answer in answers)
    said = ", ".join(f"{count:,} {_agreed(what, count)}" for what, count in counts.most_common())
    return f"{len(answers):,} model{'' if len(answers) == 1 else 's'}: {said}"


_PLURALS = {"changes": "change", "does": "do", "fails": "fail", "gives": "give", "kills": "kill"}


def _agreed(what: str, count: int) -> str:
    """``does not load`` of one, ``do not load`` of several."""
    verb, space, rest = what.partition(" ")
    return what if count == 1 else f"{_PLURALS.get(verb, verb)}{space}{rest}"


def _in_short(answer: UpgradeAnswer) -> str:
    group = group_of(answer)
    if group is Group.UNKNOWN:
        return "cannot be told"
    worst = max(answer.targets, key=lambda target: target.cell.verdict.severity).cell
    if worst.verdict is Verdict.IDENTICAL:
        return "identical"
    if worst.verdict is Verdict.EQUIVALENT:
        return "within rounding"
    return what_happens(worst, brief=True).partition(";")[0]


# --------------------------------------------------------------------------- as a matrix


def as_matrix(upgrade: UpgradeResult) -> Matrix:
    """The answers as a matrix, for the reports that show one."""
    asked = [answer for answer in upgrade.answers if answer.model.inspection is not None]
    return Matrix(
        started=upgrade.started,
        finished=upgrade.finished,
        environments=upgrade.environments,
        pipelines=tuple(_pipeline(answer.model) for answer in asked),
        cells=tuple(target.cell for answer in asked for target in answer.targets),
        answers=tuple(_model_answer(answer) for answer in upgrade.answers),
    )


def _pipeline(model: Model) -> Pipeline:
    assert model.inspection is not None
    return Pipeline(
        id=model.id,
        file=model.path,
        line=1,
        doc=model.inspection.root.kind,
        tags=("model",),
        formats=(model.format,),
        digest=model.inspection.sha256,
    )


def _model_answer(answer: UpgradeAnswer) -> ModelAnswer:
    found, inspection = answer.range, answer.model.inspection
    return ModelAnswer(
        model=answer.model.id,
        sha256="" if inspection is None else inspection.sha256,
        origin="" if answer.origin is None else answer.origin.id,
        group=group_of(answer),
        answer=headline(answer),
        problem="" if answer.problem is None else answer.problem.message,
        pin="" if found is None else found.pin,
        safe=() if found is None else found.run,
        first_bad="" if found is None or found.first_bad is None else found.first_bad.release,
        rows=answer.rows.made,
        worst={target.environment.id: target.worst for target in answer.targets if target.worst},
        sandbox="" if answer.sandbox is None else answer.sandbox.words,
    )
