"""The answer for all models of an upgrade check together, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from matrix.model import Group, JointAnswer
from matrix.model.environments import SCIKIT_LEARN
from matrix.report.joined_names import joined
from matrix.report.model_answers import group_of, versions
from matrix.upgrade.answer import SafeRange, Target, UpgradeAnswer
from matrix.upgrade.joint_range import Grid, JointRange, grid, joint_range, ranges_of

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MOST_NAMED = 4
"""Environments that the first line names; the grid has all of them."""
_WORST = (Group.FAILS, Group.CHANGES, Group.UNKNOWN, Group.LIMITED, Group.LOADS)


def joint_answer(answers: Sequence[UpgradeAnswer]) -> JointAnswer | None:
    """Return the answer for all models together; None if there is no model."""
    if not answers:
        return None
    found = grid(answers)
    columns = dict.fromkeys(name for names in found.targets.values() for name in names)
    named = [name for name in found.columns if name in columns]
    ranges = ranges_of(answers)
    climbs = bool(ranges)
    releases = [name for name in named if not name.startswith(f"{_runtime(answers)} ")]
    about = (releases or named)[-1:] if climbs else named
    there = _ModelsByGroup.of(answers, found, about)
    joint = joint_range(ranges) if climbs else _newest_safe(answers, found)
    safe = () if joint is None else joint.releases
    return JointAnswer(
        group=_group(answers, there),
        answer=_answer(answers, found, about, climbs=climbs),
        range=_range(answers) if climbs else _stay_with(joint, there, len(answers)),
        target=about[0] if len(about) == 1 else "",
        unsafe=there.unsafe,
        limited=there.limited,
        unanswered=there.unknown,
        safe=safe,
        pin="" if joint is None else joint.pin,
        releases=found.columns,
        grid=found.rows,
    )


def _runtime(answers: Sequence[UpgradeAnswer]) -> str:
    """Return the runtime of some models where others have ranges of scikit-learn."""
    packages = {target.package for answer in answers for target in answer.targets}
    return max(packages - {SCIKIT_LEARN}, default="")


def _group(answers: Sequence[UpgradeAnswer], there: _ModelsByGroup) -> Group:
    """Return the worst group of all models; what is worst on the way counts too.

    A model without an answer makes the whole unknown, unless another is known to be bad.
    """
    groups = {group_of(answer) for answer in answers} | (
        {Group.UNKNOWN} if there.unknown else set()
    )
    return next(group for group in _WORST if group in groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class _ModelsByGroup:
    """The ids of models by what happens to them in some columns of the grid."""

    changes: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    limited: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    safe: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, answers: Iterable[UpgradeAnswer], found: Grid, columns: Sequence[str]
    ) -> _ModelsByGroup:
        """Sort models by the worst group in these columns.

        A model of another library than scikit-learn counts in its own columns.
        """
        by_group: dict[Group, list[str]] = {}
        for answer in answers:
            by_group.setdefault(_group_at(answer, found, columns), []).append(answer.model.id)
        return cls(
            changes=tuple(by_group.get(Group.CHANGES, ())),
            fails=tuple(by_group.get(Group.FAILS, ())),
            limited=tuple(by_group.get(Group.LIMITED, ())),
            unknown=tuple(by_group.get(Group.UNKNOWN, ())),
            safe=tuple(by_group.get(Group.LOADS, ())),
        )

    @property
    def unsafe(self) -> tuple[str, ...]:
        """The models that change or fail."""
        return (*self.changes, *self.fails)


def _group_at(answer: UpgradeAnswer, found: Grid, columns: Sequence[str]) -> Group:
    """Return the worst group of a model in these columns; unknown if it was not run there."""
    if answer.problem is not None or not answer.targets[0].cell.verdict.predicts_same:
        return Group.UNKNOWN
    own = found.targets[answer.model.id]
    climbs = answer.range is not None and answer.range.package == SCIKIT_LEARN
    where = own if not climbs and not set(own) & set(columns) else columns
    run = [found.at(answer.model.id, name) for name in where]
    there = {verdict.group for verdict in run if verdict is not None}
    if climbs and None in run:
        there.add(Group.UNKNOWN)
    return next((group for group in _WORST if group in there), Group.UNKNOWN)


# --------------------------------------------------------------------------- the first line


def _answer(
    answers: Sequence[UpgradeAnswer], found: Grid, about: Sequence[str], *, climbs: bool
) -> str:
    """Return the first line: may the bump be made?"""
    if not about:
        return f"Unknown: {_of(0, len(answers))} has an answer"
    if climbs:
        return _bump_to(answers, found, about) + _on_the_way(answers, found, about[0])
    first, *rest = (_bump_to(answers, found, some) for some in _alike(answers, found, about))
    return "; ".join([first, *(f"{text[0].lower()}{text[1:]}" for text in rest)])


def _alike(
    answers: Sequence[UpgradeAnswer], found: Grid, columns: Sequence[str]
) -> Iterable[list[str]]:
    """Return the environments that have the same first words, together; the last ones first."""
    groups: dict[str, list[str]] = {}
    for column in reversed(columns):
        words = _first_words(_ModelsByGroup.of(answers, found, [column]))
        groups.setdefault(words, []).append(column)
    return groups.values()


def _first_words(there: _ModelsByGroup) -> str:
    if there.unsafe:
        return "Not safe"
    if there.unknown:
        return "Unknown whether it is safe"
    return "Not fully safe" if there.limited else "Safe"


def _bump_to(answers: Sequence[UpgradeAnswer], found: Grid, columns: Sequence[str]) -> str:
    """Return whether a bump to some environments is safe, and for how many models it is not."""
    there, n = _ModelsByGroup.of(answers, found, columns), len(answers)
    name = joined([_named(answers, one) for one in columns], _MOST_NAMED)
    each = [_ModelsByGroup.of(answers, found, [one]) for one in columns]
    verbs = ["change"] * any(one.changes for one in each) + ["fail"] * any(o.fails for o in each)
    told = [(len(models), text) for models, text in _told(there, verbs) if models]
    if not told:
        who = "the model predicts" if n == 1 else f"{all_of(n)} models predict"
        return f"Safe to bump to {name}: {who} the same"
    parts = [_clause(count, n, text, first=text == told[0][1]) for count, text in told]
    return f"{_first_words(there)} to bump to {name}: {'; '.join(parts)}"


def _told(there: _ModelsByGroup, verbs: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the models that are not safe, with a predicate in the plural."""
    yield there.unsafe, " or ".join(verbs)
    yield there.limited, "predict the same, but repr or get_params fails"
    yield there.unknown, "have no answer"


_SINGULAR = {"change": "changes", "fail": "fails", "predict": "predicts", "have": "has"}


def _clause(count: int, n: int, predicate: str, *, first: bool) -> str:
    """Return ``3 of 5 models change or fail``; later clauses say only ``1 has no answer``."""
    if count == 1:
        first_word, space, rest = predicate.partition(" ")
        both = predicate == "change or fail"
        predicate = "changes or fails" if both else f"{_SINGULAR[first_word]}{space}{rest}"
    return f"{_of(count, n) if first else f'{count:,}'} {predicate}"


def _of(count: int, n: int) -> str:
    """Return ``3 of 5 models``; of a single model, that one."""
    if n == 1:
        return "the model" if count else "no model"
    return f"{count or 'none'} of {'the ' * (not count)}{n:,} models"


def _named(answers: Iterable[UpgradeAnswer], column: str) -> str:
    """Return how people name the environment of a column."""
    targets = [target for answer in answers for target in answer.targets[1:]]
    every = targets or [target for answer in answers for target in answer.targets]
    fitting = (one for one in every if column in (one.release, one.environment.spec.label))
    target: Target | None = next(fitting, None)
    if target is None:
        return column
    if not target.requested and column == target.release:
        return f"scikit-learn {column}"
    return versions(target.environment)


def _on_the_way(answers: Sequence[UpgradeAnswer], found: Grid, newest: str) -> str:
    """Return a warning if models are safe with the newest release and not with one before it."""
    there = _ModelsByGroup.of(answers, found, [newest])
    if there.unsafe or there.unknown:
        return ""
    worse = [one for one in answers if group_of(one) in (Group.FAILS, Group.CHANGES)]
    bad = sorted(
        {name for one in worse for name in _bad_columns(one, found)}, key=found.columns.index
    )
    if not bad:
        return ""
    text = _clause(len(worse), len(answers), "change or fail", first=True)
    return f", but not to every release before it: {text} with {_listed(bad)}"


def _bad_columns(answer: UpgradeAnswer, found: Grid) -> list[str]:
    row = zip(found.columns, found.rows[answer.model.id], strict=True)
    return [
        name
        for name, verdict in row
        if verdict is not None and verdict.group in (Group.CHANGES, Group.FAILS)
    ]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


# --------------------------------------------------------------------------- the range


def _newest_safe(answers: Sequence[UpgradeAnswer], found: Grid) -> JointRange | None:
    """Return the newest release that was run with every model and is safe for all; None if none is.

    Between named releases there may be others that were not run, so the pin is for that one. It is
    none where a column is not a release of scikit-learn: then another package makes the difference.
    """
    for column in reversed(found.columns):
        verdicts = [found.at(answer.model.id, column) for answer in answers]
        if all(one is not None and one.group is Group.LOADS for one in verdicts):
            is_release = re.fullmatch(r"\d+(\.\w+)+", column) is not None
            pin = f"{SCIKIT_LEARN}=={column}"
            return JointRange(releases=(column,), pin=pin) if is_release else None
    return None


def _stay_with(safe: JointRange | None, there: _ModelsByGroup, n: int) -> str:
    """Return the release that all models are safe with, where a named target is not safe."""
    if safe is None or not (there.unsafe or there.limited or there.unknown):
        return ""
    who = "The model is" if n == 1 else f"{all_of(n)[0].upper()}{all_of(n)[1:]} are"
    return f'{who} safe with {SCIKIT_LEARN} {safe.releases[0]}: pin "{safe.pin}"'


def all_of(n: int) -> str:
    """Return ``both``, ``all five`` or ``all 12``."""
    return "both" if n == 2 else f"all {number(n)}"


def number(n: int) -> str:
    """Return a number in words up to ten, and in digits above."""
    return _WORDS[n] if n < len(_WORDS) else f"{n:,}"


def _range(answers: Sequence[UpgradeAnswer]) -> str:
    """Return with which releases all models are safe, and the pin; or that there are none."""
    ranges = ranges_of(answers)
    n = len(answers)
    who = all_of(n) if len(ranges) == n else _with_a_range(len(ranges), n)
    joint = joint_range(ranges)
    if joint is None:
        return _no_release(ranges, who)
    releases = joint.releases
    verb = "is" if len(ranges) == 1 else "are"
    package = ranges[0].package
    with_ = f"with {package} {releases[0]} only"
    safe = with_ if len(releases) == 1 else f"up to {releases[-1]}"
    text = f"{who[0].upper()}{who[1:]} {verb} safe {safe}"
    if not joint.pin:
        return f"{text}; they need different versions of a library, so no pin holds for all"
    return f'{text}: pin "{joint.pin}"'


def without_pin(joint: JointAnswer) -> str:
    """Return the range of all models without the pin at its end, to show that as code.

    Returns:
        The whole text if no pin stands there.
    """
    pin = f'pin "{joint.pin}"'
    return joint.range.removesuffix(pin).rstrip() if joint.pin else joint.range


def _with_a_range(some: int, n: int) -> str:
    """Return the models that the range is about, where not all are."""
    what = "model" if some == 1 else "models"
    return (
        f"the {number(some) + ' ' if some > 1 else ''}{what} of {n} with a range of safe releases"
    )


def _no_release(ranges: Sequence[SafeRange], who: str) -> str:
    """Return that no release is safe for all, and what to do."""
    same = joint_range(_as_predicting(one) for one in ranges)
    text = f"No release that was run is safe for {who}"
    todo = (
        "convert or train again those that are not safe (their next steps are below), or load "
        "them in environments of their own"
    )
    if same is None or not same.pin:
        return f"{text}: {todo}"
    return (
        f"{text}; with {_listed(same.releases)} they predict the same, but repr or get_params "
        f'fails: pin "{same.pin}"'
    )


def _as_predicting(found: SafeRange) -> SafeRange:
    """Return a range in which releases that only fail in ``repr`` or ``get_params`` count too."""
    return SafeRange(
        run=found.run,
        first_bad=found.first_bad,
        origin=found.origin,
        exact=found.exact,
        package=found.package,
        held=found.held,
    )
