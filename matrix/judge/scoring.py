"""How well a changed model does against the truth, before saving and after loading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matrix.judge.content import MethodOutput
from matrix.judge.scores import classifier_scores, regressor_scores
from matrix.model import Observation, OutputDifference, Returned, Saving, Scores


def before_and_after(
    saving: Saving,
    observation: Observation,
    differences: Mapping[str, OutputDifference],
    output: Callable[[str], MethodOutput],
) -> dict[str, Any]:
    """``before`` and ``after`` for a cell whose ``predict`` changed; nothing otherwise."""
    first, second = saving.outputs.get("predict"), observation.outputs.get("predict")
    if "predict" not in differences or differences["predict"].n == 0 or not saving.truth:
        return {}
    if not isinstance(first, Returned) or not isinstance(second, Returned):
        return {}
    truth = output(saving.truth)
    classifies = "classes_" in saving.outputs
    before = _scores(truth, output(first.digest), classifies)
    after = _scores(truth, output(second.digest), classifies)
    return {"before": before, "after": after} if before and after else {}


def _scores(truth: MethodOutput, predicted: MethodOutput, classifies: bool) -> Scores | None:
    if len(truth.leaves) != 1 or len(predicted.leaves) != 1:
        return None
    known = truth.leaves[0].array
    guesses = predicted.leaves[0].array[: len(known)]
    if known.shape != guesses.shape and known.size != guesses.size:
        return None
    guesses = guesses.reshape(known.shape)
    if not classifies:
        both = known.dtype.kind in "iuf" and guesses.dtype.kind in "iuf"
        return regressor_scores(known, guesses) if both else None
    if known.ndim != 1 or (known.dtype.kind in "US") != (guesses.dtype.kind in "US"):
        return None
    return classifier_scores(known, guesses)
