"""A user's model as the subject of a search for remedies."""

from __future__ import annotations

from matrix.catalog import Trust
from matrix.model import Artifact
from matrix.remedies.remedy import Subject
from matrix.upgrade.admission import looked_up
from matrix.upgrade.answer import Target, UpgradeAnswer
from matrix.upgrade.checker import ModelChecker


def subject_of(answer: UpgradeAnswer, target: Target, check: ModelChecker, trust: Trust) -> Subject:
    """The subject for a model that was checked.

    Args:
        answer: without a problem.
        target: one of its targets, which loaded it.
        check: the checker that loaded it.
        trust: names that the user trusts.
    """
    reference = check.found(answer.model).reference
    assert reference is not None
    assert answer.origin is not None
    assert answer.model.inspection is not None
    (artifact,) = reference.saving.artifacts.values()
    assert isinstance(artifact, Artifact)
    return Subject(
        pipeline=check.pipeline(answer.model),
        saving=reference.saving,
        artifact=artifact,
        writer=answer.origin,
        reader=target.environment,
        allowed=looked_up(answer.model),
        trusted=trust.of(answer.model.inspection.sha256),
    )
