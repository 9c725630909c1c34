"""The answers of an upgrade check as a Matrix, which all reports are made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.version import Version

from matrix.model import Environment, Matrix, ModelAnswer, PackageReleases, Pipeline, TrainingAnswer
from matrix.report import package_words
from matrix.report.joint_answer import joint_answer
from matrix.report.model_answers import (
    group_of,
    headline,
    lines_left_out,
    releases_run,
    target_ranges,
    truth_scores,
)
from matrix.report.next_steps import next_steps, outcome_of
from matrix.report.score_words import scored_on
from matrix.report.training_words import training_answer
from matrix.upgrade.answer import (
    Model,
    PackageAnswer,
    UpgradeAnswer,
    UpgradeResult,
    release_of,
)


def as_matrix(upgrade: UpgradeResult) -> Matrix:
    """Return the answers as a Matrix, for the reports that take one."""
    read = [answer for answer in upgrade.answers if answer.model.inspection is not None]
    return Matrix(
        started=upgrade.started,
        finished=upgrade.finished,
        environments=_by_release(upgrade.environments),
        pipelines=tuple(_pipeline(answer.model) for answer in read),
        cells=tuple(
            target.cell
            for answer in read
            for target in (
                *answer.every_target,
                *(one for found in answer.companions.values() for one in found),
            )
        ),
        answers=tuple(_model_answer(answer, upgrade) for answer in upgrade.answers),
        joint=joint_answer(upgrade.answers),
        passed_over=upgrade.passed_over,
        score_margin=upgrade.score_margin,
        interrupted=upgrade.interrupted,
    )


def _by_release(environments: Sequence[Environment]) -> tuple[Environment, ...]:
    """Put environments in the order of their scikit-learn; those without one stay at the end."""
    known = [one for one in environments if release_of(one)]
    others = [one for one in environments if not release_of(one)]
    return (*sorted(known, key=lambda one: Version(release_of(one))), *others)


def _pipeline(model: Model) -> Pipeline:
    assert model.inspection is not None
    return Pipeline(
        id=model.id,
        file=model.path,
        line=1,
        doc=model.part_kind or model.inspection.root.kind,
        tags=("model",),
        formats=(model.format,),
        digest=model.inspection.sha256,
    )


def _package_releases(found: PackageAnswer) -> PackageReleases:
    safe = found.range
    return PackageReleases(
        package=found.package,
        pin="" if safe is None else safe.pin,
        safe=() if safe is None else safe.safe,
        limited=() if safe is None else tuple(one.release for one in safe.limited),
        first_bad="" if safe is None or safe.first_bad is None else safe.first_bad.release,
        impossible=found.impossible,
    )


def _training(answer: UpgradeAnswer) -> Iterator[tuple[str, TrainingAnswer]]:
    """Yield what of a model of Keras is the same, by environment."""
    for target in answer.every_target:
        found = training_answer(target.cell, target.cell.format, answer.notes)
        if found is not None:
            yield target.environment.id, found


def _model_answer(answer: UpgradeAnswer, upgrade: UpgradeResult) -> ModelAnswer:
    found, inspection = answer.range, answer.model.inspection
    return ModelAnswer(
        model=answer.model.id,
        sha256="" if inspection is None else inspection.sha256,
        origin="" if answer.origin is None else answer.origin.id,
        group=group_of(answer),
        answer=headline(answer),
        problem="" if answer.problem is None else answer.problem.message,
        options=() if answer.problem is None else answer.problem.options,
        pin="" if found is None else found.pin,
        safe=() if found is None else found.safe,
        limited=() if found is None else tuple(one.release for one in found.limited),
        first_bad="" if found is None or found.first_bad is None else found.first_bad.release,
        rows=answer.rows.made,
        worst={
            target.environment.id: target.worst for target in answer.every_target if target.worst
        },
        training=dict(_training(answer)),
        packages=tuple(map(_package_releases, answer.packages)),
        sandbox="" if answer.sandbox is None else answer.sandbox.words,
        first_gate_only=answer.first_gate_only,
        evidence=answer.rows.evidence,
        scored_on=tuple(scored_on(truth_scores(answer))),
        next_steps=tuple(next_steps(answer, upgrade.options)),
        outcomes=tuple(outcome_of(one, answer) for one in target_ranges(answer)),
        tested=tuple(_tested(answer)),
        not_run=tuple(line for gap in answer.not_run for line in gap.lines),
        notes=answer.notes,
    )


def _tested(answer: UpgradeAnswer) -> Iterator[str]:
    if answer.range is not None:
        yield releases_run(answer)
        yield from lines_left_out(answer)
        yield from package_words.tested(answer)
