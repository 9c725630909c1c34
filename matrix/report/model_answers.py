"""Sentences about the results of an upgrade check, for all reports."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from matrix.model import (
    Cell,
    Environment,
    Evidence,
    Group,
    ModelAnswer,
    OutputDifference,
    Scores,
    Verdict,
)
from matrix.normalize_messages import without_places
from matrix.report import package_words
from matrix.report.joined_names import joined
from matrix.report.sentences import counted, other_outputs
from matrix.safe_text import plain
from matrix.upgrade.answer import (
    SafeRange,
    Target,
    UpgradeAnswer,
    release_of,
)
from matrix.upgrade.safe_range import in_order
from matrix.worker.compat_worker.formats import FORMATS


def notice(answers: Sequence[ModelAnswer]) -> Iterator[str]:
    """Yield the sentences that state the limits of an upgrade check; every report has them."""
    compared = [kind for answer in answers for kind in answer.rows]
    if compared:
        own = any(kind.startswith(_OF_FILE) for kind in compared)
        yield (
            "Safe means: every output was the same on these rows, within the tolerance. Other rows "
            f"may differ{'' if own else ': add your own with --data FILE'}."
        )
    if any(answer.tested for answer in answers):
        yield "Other releases between those listed were not tested."


_CONVERTED = frozenset(name for name, one in FORMATS.items() if one.methods)
"""Formats that a runtime runs, and that no release of it wrote."""
_OF_FILE = "from "
"""The beginning of the kind of rows that a file of the user has."""


# --------------------------------------------------------------------------- one model


def headline(answer: UpgradeAnswer) -> str:
    """Return the answer in one line: with which versions the model is safe, changes or fails."""
    if answer.problem is not None:
        return f"unknown: {plain(answer.problem.message, 600)}"
    if answer.range is not None:
        moved = [one.range for one in answer.packages if one.range is not None]
        return "; ".join(
            [
                _ranged(answer.range, answer),
                *_known_beyond(answer),
                *_with_newer(answer),
                *(_ranged(found, answer) for found in moved if len(found.run) > 1 or _bad(found)),
            ]
        )
    origin = answer.targets[0]
    if not origin.cell.verdict.predicts_same:
        return f"unknown: in the environment that saved it, the model {_failing(origin.cell)}"
    others = answer.targets[1:]
    by_effect: dict[str, list[str]] = {}
    order = list(Group)
    for target in sorted(others, key=lambda one: order.index(one.cell.verdict.group)):
        by_effect.setdefault(_effect(target.cell), []).append(_told_apart(target, others))
    parts = [f"{effect} with {joined(names)}" for effect, names in by_effect.items()]
    return "; ".join(parts) or "no other environment to test"


def _told_apart(target: Target, others: Sequence[Target]) -> str:
    """Return how people name a target, also where it was tried on two days."""
    same = [one for one in others if one.release == target.release]
    text = versions(target.environment)
    if target.environment.spec.as_of != "release" or len(same) < 2 or text.endswith(")"):
        return text
    return f"{text} (as of its release)"


def _failing(cell: Cell) -> str:
    """Return what happens to a model, as a predicate after its name."""
    if cell.verdict.group is not Group.UNKNOWN:
        return what_happens(cell)
    return f"could not be tested: {plain(cell.reason, 400)}" if cell.reason else "was not tested"


def _effect(cell: Cell) -> str:
    """Return ``safe``, ``unknown``, or in brief what changes or fails."""
    group = cell.verdict.group
    if group is Group.LOADS:
        return "safe"
    if group is Group.UNKNOWN:
        return "unknown"
    if cell.verdict is Verdict.INPUT_CHANGED:
        return f"{cell.verdict.value} in {cell.stage}"
    if group is Group.CHANGES:
        return f"changes {cell.stage}"
    changed = [name for name, one in cell.outputs.items() if one.verdict.group is Group.CHANGES]
    also = f" and changes {', '.join(changed)}" if changed else ""
    return f"{what_happens(cell, brief=True)}{also}"


def versions(environment: Environment) -> str:
    """Return how people name an environment.

    ``scikit-learn 1.5.2``, or ``scikit-learn 1.5.2 (requirements.txt, resolved today)``.
    """
    release, spec = release_of(environment), environment.spec
    source = spec.label.removesuffix(spec.as_of).rstrip()
    when = {"release": "", "today": "resolved today"}.get(
        spec.as_of, f"resolved as of {spec.as_of}"
    )
    if not release:
        return f"{source}, {when}" if when else source
    line = spec.scikit_learn
    beside = package_words.libraries(environment)
    known = source == release or (source == line and release.startswith(line))
    known = known or (bool(beside) and source.partition(" ")[0] in (release, line, spec.framework))
    details = ", ".join(part for part in ("" if known else source, when) if part)
    own = [] if package_words.is_led(environment) else [f"scikit-learn {release}"]
    named = ", ".join([*own, *beside])
    return f"{named} ({details})" if details else named


def _with_newer(answer: UpgradeAnswer) -> Iterator[str]:
    """Yield what happens with releases that only newer libraries can be installed with."""
    for effect, group in itertools.groupby(
        in_order(answer.newer), lambda target: _effect(target.cell)
    ):
        members = list(group)
        names = package_words.span([target.release for target in members])
        yield f"{effect} with {names} and {package_words.spans_of_libraries(members)}"


def _ranged(found: SafeRange, answer: UpgradeAnswer) -> str:
    parts = [_safe_part(found), *_limited_parts(found)]
    for target in _bad(found):
        responsible = package_words.blame(target, answer)
        reason = f" ({responsible})" if responsible else ""
        parts.append(f"{_effect(target.cell)} with {target.release}{reason}")
    return "; ".join(parts)


def _bad(found: SafeRange) -> list[Target]:
    return [target for target in (found.first_bad, found.last_bad) if target is not None]


def _safe_part(found: SafeRange) -> str:
    """Return the releases around the origin where nothing fails."""
    around = found.around
    if not around:
        return f"predicts the same with {found.package} {found.origin}, the version that saved it"
    if len(around) == 1:
        (only,) = around
        saved = ", the version that saved it" if only == found.origin else ""
        return f"safe only with {found.package} {only}{saved}"
    return f"safe with {found.package} {around[0]} to {around[-1]}"


def _limited_parts(found: SafeRange) -> Iterator[str]:
    """Yield how far predictions stay the same beyond the safe releases, and what fails there.

    ``predicts the same to 1.9.1, but repr fails from 1.6.0``
    """
    limited = {target.release: target.cell for target in found.limited}
    start = found.run.index(found.origin) if found.origin in found.run else 0
    sides = (("to", "from", found.run[start:]), ("down to", "from", found.run[: start + 1][::-1]))
    for far, near, side in sides:
        failing = [release for release in side if release in limited]
        if not failing:
            continue
        names = list(dict.fromkeys(name for one in failing for name in _not_shown(limited[one])))
        verb = "fails" if len(names) == 1 else "fail"
        on = side[side.index(failing[0]) :]
        where = f"{near} {failing[0]}" if len(on) == len(failing) > 1 else ""
        if where and far == "down to":
            where += " down"
        where = where or f"with {', '.join(failing)}"
        yield f"predicts the same {far} {side[-1]}, but {' and '.join(names)} {verb} {where}"


def _not_shown(cell: Cell) -> list[str]:
    """Return which of ``repr`` and ``get_params`` fail."""
    limited = Verdict.INTROSPECTION_FAILED
    return [name for name, one in cell.outputs.items() if one.verdict is limited] or [cell.stage]


def _known_beyond(answer: UpgradeAnswer) -> Iterator[str]:
    """Yield the first known change above the safe range, if what lies between is unknown."""
    found = answer.range
    if found is None or found.first_bad is None or not _is_unknown(found.first_bad):
        return
    above = in_order(answer.targets)
    above = above[above.index(found.first_bad) + 1 :] if found.first_bad in above else []
    known = next(
        (one for one in above if not one.cell.verdict.predicts_same and not _is_unknown(one)), None
    )
    if known is not None:
        yield f"{_effect(known.cell)} with {known.release}"


def _is_unknown(target: Target) -> bool:
    return target.cell.verdict.group is Group.UNKNOWN


def releases_run(answer: UpgradeAnswer) -> str:
    """Return the list of releases that were tested."""
    return f"tested: {', '.join(target.release for target in in_order(answer.targets))}"


def lines_left_out(answer: UpgradeAnswer) -> Iterator[str]:
    """Yield for lines that were not run why they were left out, and how to run them."""
    for gap in answer.not_run:
        verb = "fails" if gap.below.cell.verdict.group is Group.FAILS else "changes"
        runs = "runs it" if len(gap.lines) == 1 else "runs them"
        yield (
            f"not run: {package_words.span(list(gap.lines))}, because the model {verb} in the same "
            f"way with {gap.below.release} and {gap.above.release}; --all-releases {runs}"
        )


def rows_text(made: Mapping[str, int]) -> str:
    """Return ``400 rows of tickets.csv``, or ``13 rows: 12 with far outliers, 1 all zeros``."""
    total = counted(sum(made.values()), "row")
    if len(made) == 1:
        (kind,) = made
        return f"{total} {kind.replace(_OF_FILE, 'of ', 1) if kind.startswith(_OF_FILE) else kind}"
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in made.items())
    return f"{total}: {kinds}"


def truth_scores(answer: UpgradeAnswer) -> Scores | None:
    """Return the scores of a model before saving; None if no truth is known."""
    found = (target.cell.before for target in answer.targets)
    return next((scores for scores in found if scores is not None), None)


def evidence_text(found: Evidence | None) -> str:
    """Return how much the rows would notice, if that is worth a line; else an empty string."""
    if found is None or found.strong:
        return ""
    if found.mutation_score is None:
        return f"every output is the same for all {found.rows:,} rows: {_ADD_ROWS}"
    text = f"these rows notice {found.noticed} of {found.live} small faults planted in the model"
    if found.leaves_reached is not None:
        text += f" ({_percent(found.leaves_reached)} of the leaves of its trees reached)"
    return f"{text}: {_ADD_ROWS}"


_ADD_ROWS = "add rows of your own with --data FILE"


def _percent(share: float) -> str:
    """Return a share as a percentage: 100 % only if it is all."""
    return f"{min(round(100 * share), 99) if share < 1 else 100} %"


# --------------------------------------------------------------------------- one target


def what_happens(cell: Cell, *, brief: bool = False) -> str:
    """Return what happens to a model in one environment.

    Args:
        cell: its cell there.
        brief: only what decided. Otherwise every output that changed or failed is named.
    """
    happened = _decisive(cell, brief)
    others = "" if brief else other_outputs(cell)
    return f"{happened}; {others}" if others else happened


def _decisive(cell: Cell, brief: bool) -> str:
    """Return the worst of what happens."""
    verdict = cell.verdict
    if verdict is Verdict.IDENTICAL:
        return "every output is bit for bit the same"
    if verdict is Verdict.EQUIVALENT:
        return f"every output is the same within the tolerance{_largest(cell.outputs.values())}"
    if verdict is Verdict.UNSTABLE:
        return f"gives different outputs each time it is loaded ({cell.stage})"
    if verdict.group is Group.CHANGES:
        return _changed(cell, brief=brief)
    if verdict.group is Group.UNKNOWN:
        return f"unknown: {plain(cell.reason, 400)}" if cell.reason else "unknown: not tested"
    what = "does not load" if cell.stage == "load" else f"fails in {cell.stage}"
    if verdict.group is Group.LIMITED:
        what = f"predicts the same, but fails in {cell.stage}"
    if verdict in (Verdict.CRASHED, Verdict.TIMED_OUT):
        what = "crashes the interpreter" if verdict is Verdict.CRASHED else "exceeds its limits"
        return what if brief else f"{what}: {plain(cell.reason, 300)}"
    if brief or cell.exception is None:
        return what
    message = plain(without_places(cell.exception.message), 300)
    # A failure with a reason is one with the reader's own table.
    table = f" ({plain(cell.reason, 400)}; the model itself is the same)" if cell.reason else ""
    return f"{what}: {cell.exception.type}: {message}{table}"


def _changed(cell: Cell, *, brief: bool) -> str:
    if cell.verdict is not Verdict.INPUT_CHANGED:
        return _changed_outputs(cell)
    if brief:
        return f"is {cell.verdict.value}"
    table = f"{cell.verdict.value} {plain(cell.reason, 400)}"
    return f"{table}; {_changed_outputs(cell)}; the model itself is the same"


def _changed_outputs(cell: Cell) -> str:
    difference = cell.outputs.get(cell.stage)
    if difference is None:
        return f"changes {cell.stage}"
    if difference.verdict is Verdict.LABELS_CHANGED:
        text = f"changes {difference.n_changed:,} of {difference.n:,} labels"
    elif difference.verdict is Verdict.STRUCTURE_CHANGED:
        text = f"changes the structure of {cell.stage}"
    else:
        text = f"changes {cell.stage} in {difference.n_changed:,} of {difference.n:,} rows"
        text += f" by up to {difference.max_abs:.3g}" if difference.max_abs else ""
    return f"{text}: {plain(difference.note)}" if difference.note else text


def _largest(differences: Iterable[OutputDifference]) -> str:
    largest = max((found.max_abs or 0.0 for found in differences), default=0.0)
    return f" (differs by up to {largest:.1g})" if largest else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetRange:
    """Consecutive targets with the same outcome."""

    name: str
    target: Target
    """The first of them."""
    last: Target
    """The last of them, the newest release."""
    members: tuple[Target, ...]
    """All of them, ascending."""
    origin: bool
    """Whether this is the environment that saved the model."""
    outcome: str
    """What happens there."""
    responsible: str = ""
    """Which package beside scikit-learn is responsible; empty if none is known to be."""


def target_ranges(answer: UpgradeAnswer) -> list[TargetRange]:
    """Return the targets, releases ascending, with consecutive ones of equal outcome merged."""
    if not answer.targets:
        return []
    origin = answer.targets[0]
    if answer.range is None:
        return [
            _target_range(package_words.short_name(target.environment), [target], origin, answer)
            for target in answer.targets
        ]
    found = []
    for _, group in itertools.groupby(
        in_order(answer.targets), lambda target: what_happens(target.cell)
    ):
        members = list(group)
        names = [target.release for target in members]
        name = package_words.with_libraries(names, members, answer)
        found.append(_target_range(name, members, origin, answer))
    for _, group in itertools.groupby(
        in_order(answer.newer), lambda target: _with_libraries(target)
    ):
        members = list(group)
        name = package_words.with_libraries([one.release for one in members], members, answer)
        found.append(_target_range(name, members, origin, answer))
    for package in answer.packages:
        others = in_order(package.targets)
        for _, group in itertools.groupby(others, lambda target: what_happens(target.cell)):
            members = list(group)
            if members != [package.targets[0]]:  # the origin alone has a line above
                name = package_words.moved_span(package, [target.release for target in members])
                found.append(_target_range(name, members, origin, answer))
    return found


def origin_mark(format_name: str) -> str:
    """Return what the origin of a model is: it saved the model, unless that is a converted one."""
    return "counts as right" if format_name in _CONVERTED else "saved the model"


def _with_libraries(target: Target) -> tuple[str, list[str]]:
    return what_happens(target.cell), package_words.libraries(target.environment)


def _target_range(
    name: str, members: Sequence[Target], origin: Target, answer: UpgradeAnswer
) -> TargetRange:
    first = members[0]
    return TargetRange(
        name=name,
        target=first,
        last=members[-1],
        members=tuple(members),
        origin=first.environment.id == origin.environment.id,
        outcome=what_happens(first.cell),
        responsible=package_words.blame(first, answer),
    )


# --------------------------------------------------------------------------- all of them


def group_of(answer: UpgradeAnswer) -> Group:
    """Return the worst group of the targets; unknown if the origin itself is not safe."""
    if answer.problem is not None or not answer.targets[0].cell.verdict.predicts_same:
        return Group.UNKNOWN
    groups = {target.cell.verdict.group for target in answer.every_target}
    order = (Group.FAILS, Group.CHANGES, Group.LIMITED, Group.UNKNOWN)
    return next((group for group in order if group in groups), Group.LOADS)


WORST = (Group.FAILS, Group.CHANGES, Group.LIMITED, Group.UNKNOWN, Group.LOADS)
"""The groups in the order in which reports list models."""


def worst_first(answers: Iterable[ModelAnswer]) -> list[ModelAnswer]:
    """Return the answers with the worst first."""
    return sorted(answers, key=lambda answer: WORST.index(answer.group))


def package_pins(answer: ModelAnswer) -> list[str]:
    """Return the requirements to write for each library beside scikit-learn."""
    return [one.pin for one in answer.packages if one.pin and len(one.safe + one.limited) > 1]


def compared_on(answer: ModelAnswer) -> tuple[str, ...]:
    """Return on how many rows outputs were compared, and how much these would notice."""
    if not answer.rows:
        return ()
    noticed = evidence_text(answer.evidence)
    compared = f"compared on {rows_text(answer.rows)}"
    return (compared, noticed) if noticed else (compared,)
