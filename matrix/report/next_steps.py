"""What to do about a model: the same steps in every report, each with a line to paste."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from matrix.causes import KnownCause
from matrix.model import (
    Cell,
    Explanation,
    ModelAnswer,
    NextStep,
    NextStepKind,
    ReleaseOutcome,
    Verdict,
)
from matrix.report import package_words
from matrix.report.attribute_places import in_places, is_assignment
from matrix.report.cause_text import advice_parts, known_cause, since
from matrix.report.model_answers import TargetRange, target_ranges
from matrix.shell_words import path_word, quoted_path
from matrix.upgrade.answer import Problem, Target, UpgradeAnswer
from matrix.upgrade.needed_packages import leading

_MIGRATE = "migrate converts it, and writes the new file only if every output is the same:"
_SET = "set after loading what the file lacks:"
_PIN = "stay with the releases that are safe:"
_PIN_LIMITED = "stay with the releases that predict the same:"
_SEARCH = "look for the last release that is safe:"


def next_steps(answer: UpgradeAnswer, options: Sequence[str]) -> Iterator[NextStep]:
    """Yield what to do about a model, the most promising first; nothing if every target is safe.

    Args:
        answer: for the model.
        options: that commands for the model need too, as a shell takes them.
    """
    if answer.problem is not None:
        yield from _answerable(answer.problem)
        return
    bad = [target for target in answer.every_target if target.cell.verdict.group.unsafe]
    if not bad:
        return
    ranges = [
        one
        for one in reversed(target_ranges(answer))
        if one.target.cell.verdict.group.unsafe and not one.origin
    ]
    yield from _conversion(answer, ranges, options)
    if answer.range is not None:
        text = _PIN_LIMITED if answer.range.limited else _PIN
        for pin in (answer.range.pin, *package_words.pins(answer)):
            yield NextStep(kind=NextStepKind.PIN, text=text, paste=pin)
    elif answer.targets[0].cell.verdict.predicts_same and _has_more_releases(answer):
        yield _search(answer, options)


def _has_more_releases(answer: UpgradeAnswer) -> bool:
    """Whether a check without ``--to`` would try other releases than this one."""
    named = any(target.requested for target in answer.every_target)
    return named and leading(answer.model.inspection) is None


def _answerable(problem: Problem) -> Iterator[NextStep]:
    """What would give an answer."""
    for text in problem.advice.splitlines():
        yield NextStep(kind=NextStepKind.READ, text=text)
    for introduction, line in problem.paste:
        yield NextStep(kind=NextStepKind.OPTION, text=introduction, paste=line)


def _conversion(
    answer: UpgradeAnswer, ranges: Sequence[TargetRange], options: Sequence[str]
) -> Iterator[NextStep]:
    """The command that converts the file for the newest bad release where one is known to help."""
    for one in ranges:
        command = "" if one.responsible else migrate_command(answer, one.last, options)
        if command:
            yield NextStep(kind=NextStepKind.MIGRATE, text=_MIGRATE, paste=command)
            return
    for one in ranges:
        for code in _assignments(answer, one):
            yield NextStep(kind=NextStepKind.SET, text=_SET, paste=code)
            return


def _assignments(answer: UpgradeAnswer, found: TargetRange) -> Iterator[str]:
    cause = None if found.responsible else known_cause(found.target.cell)
    if cause is not None:
        for step in _advice(answer, found.target.cell, cause):
            if step.kind is NextStepKind.SET:
                yield step.paste


def _search(answer: UpgradeAnswer, options: Sequence[str]) -> NextStep:
    """The command that looks for the last safe release, after a check of named targets."""
    kept = [one for one in options if not one.startswith("--as-of ")]
    command = " ".join(["compat-matrix", "upgrade", quoted_path(answer.model.path), *kept])
    return NextStep(kind=NextStepKind.OPTION, text=_SEARCH, paste=command)


def migrate_command(answer: UpgradeAnswer, target: Target, options: Sequence[str]) -> str:
    """Return the command that converts a model for a target, as it can be pasted.

    Args:
        answer: for the model.
        target: one of its targets.
        options: that the command needs too, as a shell takes them.

    Returns:
        Empty if the cause is unknown, or nothing converts such files.
    """
    cause = known_cause(target.cell)
    if cause is None or not _converts(cause, target.cell):
        return ""
    to = target.requested or f"{target.package}=={target.release}"
    day = ["--as-of", "release"] if not target.requested else []
    words = ["compat-matrix", "migrate", path_word(answer.model.path), "--to", to, *day]
    if target.cell.verdict is Verdict.INTROSPECTION_FAILED:
        words.append("--introspection")  # without it, a file that predicts the same is left alone
    return " ".join([shlex.join(words), *options])


def _converts(cause: KnownCause, cell: Cell) -> bool:
    """Whether ``migrate`` is known to convert such files, or sets what the advice sets."""
    if cause.migrate or cause.conversions:
        return True
    if cell.stage == "load":
        return False
    return any(is_assignment(code) for _, code in advice_parts(cause) if code)


# --------------------------------------------------------------------------- one range


def outcome_of(found: TargetRange, answer: UpgradeAnswer) -> ReleaseOutcome:
    """Return consecutive releases with what happens there, and the advice of its known cause."""
    cell = found.target.cell
    cause = None if found.responsible else known_cause(cell)
    return ReleaseOutcome(
        name=found.name,
        readers=tuple(one.environment.id for one in found.members),
        group=cell.verdict.group,
        text=found.outcome,
        origin=found.origin,
        responsible=found.responsible,
        advice=() if cause is None else tuple(_advice(answer, cell, cause)),
    )


def _advice(answer: UpgradeAnswer, cell: Cell, cause: KnownCause) -> Iterator[NextStep]:
    """The advice of a cause, with the attributes where this model has them."""
    title = f"{cause.title} ({cause.id}, {since(cause)}): "
    inspection = answer.model.inspection
    for text, code in advice_parts(cause):
        line = code
        if code and inspection is not None and not answer.model.part:
            line = in_places(code, inspection.root, cell, cause)
        kind = NextStepKind.SET if is_assignment(code) else NextStepKind.READ
        yield NextStep(kind=kind if line else NextStepKind.READ, text=title + text, paste=line)
        title = ""


ADVICE = "Advice"
"""The heading of what an explanation says to do."""


def with_places(explanation: Explanation, answer: ModelAnswer) -> Explanation:
    """Return the explanation of a load with the advice as the answer for its model has it."""
    there = (one for one in answer.outcomes if explanation.reader in one.readers)
    steps = next((one.advice for one in there if one.advice), ())
    lines = tuple(text for step in steps for text in (step.text, step.paste) if text)
    if not lines:
        return explanation
    points = tuple(
        replace(point, lines=lines) if point.heading == ADVICE else point
        for point in explanation.points
    )
    return replace(explanation, points=points)
