"""How well a model does against the truth, before saving and after loading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matrix.judge.content import MethodOutput
from matrix.judge.probability_scores import log_loss, roc_auc
from matrix.judge.scores import class_codes, classifier_scores, regressor_scores
from matrix.model import (
    ClassifierScores,
    Observation,
    Outcome,
    OutputDifference,
    Returned,
    Saving,
    Scores,
)

_SCORED = ("predict", "predict_proba", "decision_function")
"""The methods that scores are made of."""
_MOST_CLASSES = 50
"""Of a model with more, only those classes are listed that have a row."""

_Read = Callable[[str], MethodOutput]


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """The true answers of a model's rows, and the classes of a classifier."""

    answers: str
    """The digest of the true answers for the first rows."""
    classes: str | None
    """The digest of the classes that the model had before saving; None if it is no classifier."""
    always: bool
    """Whether scores are wanted where no output that they are made of has changed."""

    def before_and_after(
        self,
        saving: Saving,
        observation: Observation,
        differences: Mapping[str, OutputDifference],
        output: _Read,
    ) -> dict[str, Any]:
        """Return ``before`` and ``after`` for a cell whose scores may have changed; else nothing.

        Args:
            saving, observation: the outputs of the writer and of the reader.
            differences: by method, how the outputs differ.
            output: reads the content with a digest.
        """
        if not (self.always or any(name in differences for name in _SCORED)):
            return {}
        changed = differences.get("predict")
        if changed is not None and changed.n == 0:
            return {}  # no rows can be put side by side
        truth = output(self.answers)
        before = self._scores(truth, saving.outputs, output)
        sides = (saving.outputs, observation.outputs)
        same = all(len({_digest(side, name) for side in sides}) == 1 for name in _USED)
        after = before if same else self._scores(truth, observation.outputs, output)
        return {"before": before, "after": after} if before and after else {}

    def _scores(
        self, truth: MethodOutput, outputs: Mapping[str, Outcome], output: _Read
    ) -> Scores | None:
        if len(truth.leaves) != 1:
            return None
        known = truth.leaves[0].array
        guesses = _array(_digest(outputs, "predict"), output)
        if guesses is None:
            return None
        guesses = guesses[: len(known)]
        if known.shape != guesses.shape and known.size != guesses.size:
            return None
        guesses = guesses.reshape(known.shape)
        if self.classes is None:
            both = known.dtype.kind in "iuf" and guesses.dtype.kind in "iuf"
            return regressor_scores(known, guesses) if both else None
        if known.ndim != 1 or (known.dtype.kind in "US") != (guesses.dtype.kind in "US"):
            return None
        classes = _array(_digest(outputs, "classes_") or self.classes, output)
        if classes is None or classes.ndim != 1:
            return classifier_scores(known, guesses)
        listed = classes if len(classes) <= _MOST_CLASSES else ()
        return _with_probabilities(
            classifier_scores(known, guesses, listed), class_codes(known, classes), outputs, output
        )


_USED = (*_SCORED, "classes_")


def truth_of(saving: Saving, *, always: bool) -> Truth | None:
    """Return the truth of the rows of a writer's model; None if it is unknown."""
    if not saving.truth:
        return None
    named = _digest(saving.outputs, "classes_")
    classes = "" if named is None and "classes_" in saving.outputs else named
    return Truth(answers=saving.truth, classes=classes, always=always)


def _digest(outputs: Mapping[str, Outcome], name: str) -> str | None:
    found = outputs.get(name)
    return found.digest if isinstance(found, Returned) and found.whole else None


def _with_probabilities(
    scores: ClassifierScores,
    codes: NDArray[np.int64] | None,
    outputs: Mapping[str, Outcome],
    output: _Read,
) -> ClassifierScores:
    """Add the scores of probabilities; without them the area of the decision of two classes."""
    if codes is None:
        return scores
    values = _first_rows(_array(_digest(outputs, "predict_proba"), output), len(codes))
    if values is not None and values.ndim == 2 and values.shape[1] > int(codes.max()):
        return replace(scores, roc_auc=roc_auc(codes, values), log_loss=log_loss(codes, values))
    values = _first_rows(_array(_digest(outputs, "decision_function"), output), len(codes))
    if values is not None and values.ndim == 1 and len(scores.classes) == 2:
        return replace(scores, roc_auc=roc_auc(codes, values))
    return scores


def _first_rows(values: NDArray[Any] | None, rows: int) -> NDArray[Any] | None:
    """Return the rows whose truth is known; None if they are no numbers or too few."""
    if values is None or values.dtype.kind != "f" or values.ndim == 0 or len(values) < rows:
        return None
    return values[:rows]


def _array(digest: str | None, output: _Read) -> NDArray[Any] | None:
    """Return an output that is one array; None if it is not."""
    leaves = output(digest).leaves if digest else ()
    return leaves[0].array if len(leaves) == 1 else None
