"""A user's model as what a way out is looked for."""

from __future__ import annotations

from matrix.catalog import Trust
from matrix.model import Artifact
from matrix.remedies.remedy import Subject
from matrix.upgrade.admission import looked_up
from matrix.upgrade.answer import Target, UpgradeAnswer
from matrix.upgrade.checker import ModelChecker


def subject_of(answer: UpgradeAnswer, target: Target, check: ModelChecker, trust: Trust) -> Subject:
    """A model that was asked where it comes from and where it may go.

    Args:
        answer: without a problem.
        target: one of its targets, which could be asked.
        check: which asked it.
        trust: what the user lets in.
    """
    baseline = check.found(answer.model).baseline
    assert baseline is not None
    assert answer.origin is not None
    assert answer.model.inspection is not None
    (artifact,) = baseline.saving.artifacts.values()
    assert isinstance(artifact, Artifact)
    return Subject(
        pipeline=check.pipeline(answer.model),
        saving=baseline.saving,
        artifact=artifact,
        writer=answer.origin,
        reader=target.environment,
        allowed=looked_up(answer.model),
        trusted=trust.of(answer.model.inspection.sha256),
    )
