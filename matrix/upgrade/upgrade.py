"""One upgrade check: make the environments, ask the models, look for the first bad release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from matrix.errors import MatrixError
from matrix.model import Cell, Environment, Verdict
from matrix.upgrade.admission import unguarded
from matrix.upgrade.answer import (
    Model,
    Problem,
    Target,
    UpgradeAnswer,
    UpgradeQuestion,
    UpgradeResult,
)
from matrix.upgrade.checker import ModelChecker, ModelRecord, ModelWork
from matrix.upgrade.origins import Origins
from matrix.upgrade.references import notes_of, problem_of, rows_of
from matrix.upgrade.safe_range import gaps, safe_range


def upgrade(
    models: Sequence[Model], places: Origins, check: ModelChecker, *, bisect: bool = True
) -> UpgradeResult:
    """Answer for models.

    Args:
        models: as they were taken in.
        places: says where each comes from and may go, and makes environments.
        check: asks them there.
        bisect: between a safe release and a bad one, look for the first bad one.
    """
    started = datetime.now(timezone.utc)
    asked = [_question(model, places) for model in models]
    answers = _answers(asked, places, check)
    while bisect:
        further = [
            _further(question, answer, places)
            for question, answer in zip(asked, answers, strict=True)
        ]
        if further == asked:
            answers = [_bisected(answer, places) for answer in answers]
            break
        asked = further
        answers = _answers(asked, places, check)
    return UpgradeResult(
        started=started,
        finished=datetime.now(timezone.utc),
        environments=places.environments,
        answers=tuple(answers),
    )


def _question(model: Model, places: Origins) -> UpgradeQuestion | UpgradeAnswer:
    """What to ask of a model, or the answer that it cannot be asked anything."""
    if model.problem is not None:
        return UpgradeAnswer(model=model, problem=model.problem)
    try:
        origin = places.origin(model)
        return UpgradeQuestion(model=model, origin=origin, targets=places.targets(model, origin))
    except MatrixError as error:
        return UpgradeAnswer(model=model, problem=Problem.of(error))


def _further(
    asked: UpgradeQuestion | UpgradeAnswer, answer: UpgradeAnswer, places: Origins
) -> UpgradeQuestion | UpgradeAnswer:
    """The question with the releases in the middle of each gap, as long as there are any."""
    if isinstance(asked, UpgradeAnswer) or not places.in_a_row:
        return asked
    known = {spec.id for spec in asked.targets}
    more = [places.between(asked.model, low, high) for low, high in gaps(answer.targets)]
    new = tuple(spec for spec in more if spec is not None and spec.id not in known)
    return replace(asked, targets=(*asked.targets, *new)) if new else asked


def _bisected(answer: UpgradeAnswer, places: Origins) -> UpgradeAnswer:
    """The answer with a range that is known to end between two neighbouring releases."""
    if answer.range is None:
        return answer
    exact = all(places.neighbours(low, high) for low, high in gaps(answer.targets))
    return replace(answer, range=safe_range(answer.targets, bisected=exact))


def _answers(
    asked: Sequence[UpgradeQuestion | UpgradeAnswer], places: Origins, check: ModelChecker
) -> list[UpgradeAnswer]:
    questions = [one for one in asked if isinstance(one, UpgradeQuestion)]
    there = places.prepare(
        spec for question in questions for spec in (question.origin, *question.targets)
    )
    found = check.ask([one for question in questions if (one := _asked(question, there))])
    return [
        one
        if isinstance(one, UpgradeAnswer)
        else replace(
            _answer(one, there, found.get(one.model.id), places),
            sandbox=check.sandbox if one.model.id in found else None,
        )
        for one in asked
    ]


def _asked(question: UpgradeQuestion, there: Mapping[str, Environment]) -> ModelWork | None:
    """The question with its environments; None if the model cannot be had where it comes from."""
    origin = there[question.origin.id]
    if not origin.ready:
        return None
    targets = (there[spec.id] for spec in question.targets)
    return ModelWork(
        model=question.model,
        origin=origin,
        targets=tuple(target for target in targets if target.ready),
    )


def _answer(
    question: UpgradeQuestion,
    there: Mapping[str, Environment],
    found: ModelRecord | None,
    places: Origins,
) -> UpgradeAnswer:
    origin = there[question.origin.id]
    answer = UpgradeAnswer(model=question.model, origin=origin, notes=places.notes(question.model))
    if found is None or found.baseline is None:
        why = f"the environment that it comes from cannot be had: {origin.reason}"
        return replace(answer, problem=Problem(message=why))
    asked = [there[spec.id] for spec in (question.origin, *question.targets)]
    notes = (*answer.notes, *notes_of(found.baseline), *unguarded(question.model, asked))
    answer = replace(answer, notes=notes)
    problem = problem_of(found.baseline, origin, question.model)
    if problem is not None:
        return replace(answer, problem=problem)
    ids = dict.fromkeys(spec.id for spec in (question.origin, *question.targets))
    targets = tuple(found.targets.get(id_) or _missing(there[id_], question) for id_ in ids)
    return replace(
        answer,
        rows=rows_of(found.baseline),
        targets=targets,
        range=safe_range(targets) if places.in_a_row else None,
    )


def _missing(environment: Environment, question: UpgradeQuestion) -> Target:
    """A target that could not be asked, since there is no such environment."""
    cell = Cell(
        pipeline=question.model.id,
        format=question.model.format,
        writer=question.origin.id,
        reader=environment.id,
        verdict=Verdict.UNAVAILABLE,
        reason=environment.reason,
    )
    return Target(environment=environment, cell=cell)
