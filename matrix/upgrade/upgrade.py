"""One upgrade check: build environments, check the models, bisect for the first bad release."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from matrix.errors import Exit, MatrixError
from matrix.model import Cell, Ending, Environment, EnvSpec, Verdict
from matrix.model.environments import SCIKIT_LEARN
from matrix.upgrade.admission import first_gate_only
from matrix.upgrade.answer import (
    Model,
    Problem,
    Target,
    UpgradeAnswer,
    UpgradeQuestion,
    UpgradeResult,
)
from matrix.upgrade.check_listener import CheckListener, NoListener
from matrix.upgrade.checker import ModelChecker, ModelRecord, ModelWork, OnModel
from matrix.upgrade.lines_between import (
    Needed,
    ends_of,
    never,
    not_run,
    to_run,
    with_every_line,
    with_lines,
)
from matrix.upgrade.needed_packages import leading, needed_packages, runtime_of
from matrix.upgrade.origins import Origins
from matrix.upgrade.package_answers import (
    climbed,
    exact_package,
    held_by,
    package_answer,
    with_companions,
    with_newer_libraries,
    with_their_results,
)
from matrix.upgrade.references import notes_of, problem_of, rows_of
from matrix.upgrade.release_fallback import fallback_notes, with_fallbacks
from matrix.upgrade.safe_range import gaps, safe_range
from matrix.worker.compat_worker.user_error import NO_METHOD_WORDS


def upgrade(
    models: Sequence[Model],
    origins: Origins,
    checker: ModelChecker,
    *,
    bisect: bool = True,
    needed: Needed = never,
    listener: CheckListener | None = None,
) -> UpgradeResult:
    """Answer for models.

    Args:
        models: as they were taken in.
        origins: decides the origin and the targets of each model, and builds environments.
        checker: loads the models there.
        bisect: search for the first bad release between a safe one and a bad one.
        needed: which lines are run between two in which the same is wrong.
        listener: gets answers before all are known, and how far the search is.

    An interruption (Ctrl-C or SIGTERM) ends the check: the result has what was finished.
    """
    started = datetime.now(timezone.utc)
    check = _Check(models, origins, checker, listener or NoListener(), needed)
    interrupted = False
    try:
        answers = check.answers(bisect=bisect)
        answers = check.with_contents(answers, bisect=bisect)
        answers = _where_data_fits(answers, checker)
    except KeyboardInterrupt:
        answers, interrupted = check.finished(), True
    return UpgradeResult(
        started=started,
        finished=datetime.now(timezone.utc),
        environments=origins.environments,
        answers=tuple(one for one in answers if not (one.model.optional and one.problem)),
        interrupted=interrupted,
    )


def _where_data_fits(
    answers: Sequence[UpgradeAnswer], checker: ModelChecker
) -> list[UpgradeAnswer]:
    """The answers, with a mistake for each file of which no model takes the given rows."""
    unfit = {
        one.model.id: found.unfit
        for one in answers
        if one.model.part and (found := checker.found(one.model).reference) and found.made
    }
    fits = {one.model.path for one in answers if unfit.get(one.model.id) == ""}
    return [
        replace(one, problem=Problem(message=message, exit_code=Exit.USAGE), targets=(), range=None)
        if (message := unfit.get(one.model.id, "")) and one.model.path not in fits
        else one
        for one in answers
    ]


def _was_loaded(found: ModelRecord) -> bool:
    """Whether a model was loaded in its origin, also if it cannot be used there."""
    saving = None if found.reference is None else found.reference.saving
    return (
        saving is not None
        and saving.ending is Ending.FINISHED
        and (saving.failure is None or saving.stage != "load")
    )


class _Check:
    """The questions of an upgrade check as far as they are known."""

    def __init__(
        self,
        models: Sequence[Model],
        origins: Origins,
        checker: ModelChecker,
        listener: CheckListener,
        needed: Needed,
    ) -> None:
        self._needed = needed
        self._origins = origins
        self._checker = checker
        self._models = models
        self._listener = listener
        self._questions: list[UpgradeQuestion | UpgradeAnswer] = []
        self._told: set[str] = set()
        """The models whose answers were passed on."""

    def answers(self, *, bisect: bool) -> list[UpgradeAnswer]:
        """Answer all questions."""
        origins = self._origins
        _prepare_origins(self._models, origins)
        self._questions = [_question(model, origins) for model in self._models]
        order = [*origins.made, *(spec.id for one in self._asked() for spec in one.specs)]
        self._newest_first()
        answers = self._answers(self._questions, self._tell_answered)
        while True:
            further = [
                _further(question, answer, origins, self._needed, bisect=bisect)
                for question, answer in zip(self._questions, answers, strict=True)
            ]
            done = further == self._questions
            if bisect:
                self._listener.bisecting(0 if done else _steps_left(answers, origins))
            if done:
                origins.put_in_order(order)
                return [_bisected(answer, origins) for answer in answers] if bisect else answers
            self._questions = further
            answers = self._answers(self._questions, self._tell_answered)

    def _newest_first(self) -> None:
        """Check the newest release before those between: it is what most users ask about."""
        first = [_only_newest(question, self._origins) for question in self._questions]
        if first == self._questions:
            return
        answers = self._answers(first, lambda _, answer: self._listener.newest(answer))
        self._questions = [
            _with_ends(question, ends, answer, self._needed)
            for question, ends, answer in zip(self._questions, first, answers, strict=True)
        ]

    def _tell_answered(self, question: UpgradeQuestion, answer: UpgradeAnswer) -> None:
        """Pass on the answer for a model once, as soon as no line has to be run any more."""
        if question.model.id in self._told or to_run(question, answer.targets, self._needed):
            return
        self._told.add(question.model.id)
        self._listener.answered(answer)

    def with_contents(
        self, answers: Sequence[UpgradeAnswer], *, bisect: bool
    ) -> list[UpgradeAnswer]:
        """The answers, with those for the models in each object that is no model itself.

        They replace the answer for the object if it has no output method, and stand after it if it
        has one that cannot be used.
        """
        inside = {
            one.model.id: one.model.inside
            for one in answers
            if one.problem and one.model.inside and _was_loaded(self._checker.found(one.model))
        }
        models = [one for group in inside.values() for one in group]
        if not models:
            return list(answers)
        check = _Check(models, self._origins, self._checker, NoListener(), self._needed)
        found = {one.model.id: one for one in check.answers(bisect=bisect) if one.problem is None}
        result: list[UpgradeAnswer] = []
        for answer in answers:
            contents = [found[one.id] for one in inside.get(answer.model.id, ()) if one.id in found]
            no_method = answer.problem is not None and NO_METHOD_WORDS in answer.problem.message
            result += contents if contents and no_method else [answer, *contents]
        return result

    def _asked(self) -> list[UpgradeQuestion]:
        """The questions that have no answer yet."""
        return [one for one in self._questions if isinstance(one, UpgradeQuestion)]

    def _answers(
        self,
        questions: Sequence[UpgradeQuestion | UpgradeAnswer],
        tell: Callable[[UpgradeQuestion, UpgradeAnswer], None],
    ) -> list[UpgradeAnswer]:
        """The answers to questions; each is passed on as soon as all of its loads are done."""
        asked = {one.model.id: one for one in questions if isinstance(one, UpgradeQuestion)}

        def on_model(model: Model) -> None:
            answer = self._finished(asked[model.id])
            if answer.problem is None:
                tell(asked[model.id], answer)

        return _answers(questions, self._origins, self._checker, on_model)

    def finished(self) -> list[UpgradeAnswer]:
        """The answers that were finished before an interruption; the rest is unknown."""
        if not self._questions:
            return [_unfinished(model) for model in self._models]
        # Lines that were left out so far might have had to be run.
        return [
            question
            if isinstance(question, UpgradeAnswer)
            else self._finished(with_every_line(question))
            for question in self._questions
        ]

    def _finished(self, question: UpgradeQuestion) -> UpgradeAnswer:
        made = self._origins.made
        there = {
            spec.id: made.get(spec.id) or Environment(spec=spec, reason=_INTERRUPTED)
            for spec in question.specs
        }
        found = self._checker.found(question.model)
        if found.reference is None:
            return _unfinished(question.model)
        answer = _answer(question, there, found, self._origins)
        return replace(answer, sandbox=self._checker.sandbox)


_INTERRUPTED = "interrupted before it was checked"


def _only_newest(
    question: UpgradeQuestion | UpgradeAnswer, origins: Origins
) -> UpgradeQuestion | UpgradeAnswer:
    """The question about the newest release, and with a rollback about the oldest.

    The same question where there are no others.
    """
    if isinstance(question, UpgradeAnswer) or not _are_consecutive(question.model, origins):
        return question
    lines = [one for one in question.targets if one.scikit_learn[:1].isdigit()]
    if len(lines) < 2:
        return question
    ends = ends_of(lines, question.origin.scikit_learn)
    return replace(question, targets=ends, lines=tuple(lines), ladders=())


def _with_ends(
    question: UpgradeQuestion | UpgradeAnswer,
    ends: UpgradeQuestion | UpgradeAnswer,
    answer: UpgradeAnswer,
    needed: Needed,
) -> UpgradeQuestion | UpgradeAnswer:
    """The question about the ends of a ladder, and about the lines to run after these."""
    if isinstance(question, UpgradeAnswer) or isinstance(ends, UpgradeAnswer) or not ends.lines:
        return question
    others = tuple(one for one in question.targets if one not in ends.lines)
    asked = replace(question, targets=(*ends.targets, *others), lines=ends.lines)
    return with_lines(asked, answer.targets, needed)


def _steps_left(answers: Iterable[UpgradeAnswer], origins: Origins) -> int:
    """How many releases a search for the first bad ones must still try."""
    pairs = [
        (low, high, package)
        for answer in answers
        if answer.problem is None
        for targets, package in (
            [(answer.targets, SCIKIT_LEARN)]
            if answer.range is not None and answer.range.package == SCIKIT_LEARN
            else []
        )
        + [(one.targets, one.package) for one in answer.packages]
        for low, high in gaps(targets)
    ]
    between = (origins.releases_between(*pair) or () for pair in pairs)
    return sum(len(releases).bit_length() for releases in between)


def _unfinished(model: Model) -> UpgradeAnswer:
    problem = model.problem or Problem(message=_INTERRUPTED)
    return UpgradeAnswer(model=model, problem=problem)


def _prepare_origins(models: Sequence[Model], origins: Origins) -> None:
    """Build the origins whose locks decide about targets, together rather than one by one."""
    specs = []
    for model in models:
        if model.problem is None and needed_packages(model.inspection):
            with contextlib.suppress(MatrixError):  # said where the question is made
                specs.append(origins.origin(model))
    if specs:
        origins.prepare(specs)


def _question(model: Model, origins: Origins) -> UpgradeQuestion | UpgradeAnswer:
    """The question about a model, or its answer if it cannot be checked."""
    if model.problem is not None:
        return UpgradeAnswer(model=model, problem=model.problem)
    try:
        origin = origins.origin(model)
        return UpgradeQuestion(
            model=model,
            origin=origin,
            targets=origins.targets(model, origin),
            ladders=origins.ladders(model, origin),
        )
    except MatrixError as error:
        return UpgradeAnswer(model=model, problem=Problem.of(error))


def _further(
    question: UpgradeQuestion | UpgradeAnswer,
    answer: UpgradeAnswer,
    origins: Origins,
    needed: Needed,
    *,
    bisect: bool,
) -> UpgradeQuestion | UpgradeAnswer:
    """The question with further lines, with the middle release of each gap, or with targets as of
    their release."""
    if isinstance(question, UpgradeAnswer):
        return question
    if leading(question.model.inspection) is not None:
        return question
    if answer.problem is None:
        lines = with_lines(question, answer.targets, needed)
        if lines != question:
            return lines
    if not origins.are_consecutive:
        # First the fallbacks: newer libraries do not help where scikit-learn itself fails.
        question = with_fallbacks(question, answer, origins)
    question = with_newer_libraries(question, answer, origins)
    if not origins.are_consecutive:
        return question
    if answer.problem is not None:
        return question
    question = with_companions(question, answer, origins)
    if not bisect:
        return question
    question = replace(
        question,
        ladders=tuple(
            climbed(question, ladder, found, origins)
            for ladder, found in zip(question.ladders, answer.packages, strict=True)
        ),
    )
    known = {spec.id for spec in question.targets}
    more = [
        origins.between(question.model, question.origin, low, high)
        for low, high in gaps(answer.targets)
    ]
    new = tuple(spec for spec in more if spec is not None and spec.id not in known)
    return replace(question, targets=(*question.targets, *new)) if new else question


def _moved_package(model: Model) -> str:
    """The package whose releases are the targets of a model."""
    runtime = runtime_of(model.inspection)
    return SCIKIT_LEARN if runtime is None else runtime.name


def _are_consecutive(model: Model, origins: Origins) -> bool:
    """Whether the targets of a model are consecutive lines of that package."""
    led_by = leading(model.inspection)
    return origins.are_consecutive and (led_by is None or bool(led_by.framework.runs))


def _bisected(answer: UpgradeAnswer, origins: Origins) -> UpgradeAnswer:
    """The answer with an exact range, if no release lies in its gaps."""
    if answer.range is None:
        return answer
    package = answer.range.package
    exact = all(origins.neighbours(low, high, package) for low, high in gaps(answer.targets))
    found = safe_range(answer.targets, bisected=exact)
    return replace(
        answer,
        range=found and replace(found, held=answer.range.held),
        packages=tuple(exact_package(one, origins) for one in answer.packages),
    )


def _answers(
    all_questions: Sequence[UpgradeQuestion | UpgradeAnswer],
    origins: Origins,
    checker: ModelChecker,
    on_model: OnModel,
) -> list[UpgradeAnswer]:
    questions = [one for one in all_questions if isinstance(one, UpgradeQuestion)]
    there = origins.prepare(spec for question in questions for spec in question.specs)
    work = [one for question in questions if (one := _work(question, there))]
    found = checker.check(work, on_model)
    return [
        one
        if isinstance(one, UpgradeAnswer)
        else replace(
            _answer(one, there, found.get(one.model.id), origins),
            sandbox=checker.sandbox if one.model.id in found else None,
        )
        for one in all_questions
    ]


def _work(question: UpgradeQuestion, there: Mapping[str, Environment]) -> ModelWork | None:
    """The question with its environments; None if the origin is not available."""
    origin = there[question.origin.id]
    if not origin.ready:
        return None
    targets = (there[spec.id] for spec in question.specs[1:])
    return ModelWork(
        model=question.model,
        origin=origin,
        targets=tuple(target for target in targets if target.ready),
    )


def _answer(
    question: UpgradeQuestion,
    there: Mapping[str, Environment],
    found: ModelRecord | None,
    origins: Origins,
) -> UpgradeAnswer:
    origin = there[question.origin.id]
    answer = UpgradeAnswer(model=question.model, origin=origin, notes=origins.notes(question.model))
    if found is None or found.reference is None:
        return replace(answer, problem=origins.unavailable(origin))
    environments = [there[spec.id] for spec in question.specs]
    answer = replace(
        answer,
        notes=(
            *answer.notes,
            *notes_of(found.reference),
            *fallback_notes(question, there),
            *origins.target_notes(environments[1:]),
        ),
        first_gate_only=first_gate_only(question.model, environments),
    )
    problem = problem_of(found.reference, origin, question.model)
    if problem is not None:
        return replace(answer, problem=problem)

    package = _moved_package(question.model)

    def result(spec: EnvSpec) -> Target:
        target = found.targets.get(spec.id) or _missing(there[spec.id], question)
        return replace(target, requested=origins.text(spec), package=package)

    specs = {spec.id: spec for spec in (question.origin, *question.targets)}
    targets = tuple(map(result, specs.values()))
    safe = safe_range(targets) if _are_consecutive(question.model, origins) else None
    libraries = [one.package for one in question.ladders]
    return replace(
        answer,
        rows=rows_of(found.reference),
        targets=targets,
        not_run=not_run(question, targets),
        range=safe and replace(safe, held=held_by(origin, libraries)),
        packages=tuple(package_answer(question, one, result) for one in question.ladders),
        companions=with_their_results(question.companions, result),
        newer=tuple(map(result, question.newer)),
    )


def _missing(environment: Environment, question: UpgradeQuestion) -> Target:
    """A target whose environment is not available, or in which nothing was loaded yet."""
    verdict = Verdict.NOT_RUN if environment.ready else Verdict.UNAVAILABLE
    cell = Cell(
        pipeline=question.model.id,
        format=question.model.format,
        writer=question.origin.id,
        reader=environment.id,
        verdict=verdict,
        reason=environment.reason or _INTERRUPTED,
    )
    return Target(environment=environment, cell=cell)
