"""A user's model as the subject of a search for remedies."""

from __future__ import annotations

from matrix.catalog import Trust
from matrix.model import Artifact, Environment
from matrix.remedies.remedy import Subject
from matrix.upgrade.admission import looked_up
from matrix.upgrade.answer import Model, Target, UpgradeAnswer
from matrix.upgrade.checker import ModelChecker


def subject_of(answer: UpgradeAnswer, target: Target, check: ModelChecker, trust: Trust) -> Subject:
    """The subject for a model that was checked.

    Args:
        answer: without a problem.
        target: one of its targets, which loaded it.
        check: the checker that loaded it.
        trust: names that the user trusts.
    """
    assert answer.origin is not None
    return loaded_subject(answer.model, answer.origin, target.environment, check, trust)


def loaded_subject(
    model: Model, origin: Environment, reader: Environment, check: ModelChecker, trust: Trust
) -> Subject:
    """The subject for a model that a checker has loaded in an environment.

    Args:
        model: with its inspection.
        origin: that recorded its reference.
        reader: that loaded it.
        check: the checker that loaded it.
        trust: names that the user trusts.
    """
    reference = check.found(model).reference
    assert reference is not None
    assert model.inspection is not None
    (artifact,) = reference.saving.artifacts.values()
    assert isinstance(artifact, Artifact)
    return Subject(
        pipeline=check.pipeline(model),
        saving=reference.saving,
        artifact=artifact,
        writer=origin,
        reader=reader,
        allowed=looked_up(model),
        trusted=trust.of(model.inspection.sha256),
    )
