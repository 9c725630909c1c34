"""Models that are trained further: what is lost of it, and how precise their numbers are."""

from __future__ import annotations

import numpy as np
import pytest

from matrix.model import TrainingAnswer, Verdict
from matrix.report.training_words import training_answer, training_text
from matrix.upgrade.references import NO_TARGETS, NOT_COMPILED, NOT_TRAINABLE

from .conftest import Bench

SCORES = np.linspace(-1, 1, 24, dtype=np.float32).reshape(-1, 1)
STATE = {"optimizer": "Adam", "steps": 6, "values": [np.ones(3, np.float32)]}


def test_a_lost_optimizer_is_a_change_of_structure_however_small(bench: Bench) -> None:
    lost = {"optimizer": "Adam", "steps": 0, "values": []}
    nearly = {**STATE, "values": [np.full(3, 1.01, np.float32)]}
    for after in (lost, nearly, {**STATE, "steps": 7}):
        cell = bench.judge(
            {"predict": SCORES, "training_state": STATE},
            {"predict": SCORES, "training_state": after},
        )
        assert cell.verdict is Verdict.STRUCTURE_CHANGED
        assert cell.stage == "training_state"
        assert "predict" not in cell.outputs


def test_a_training_that_fails_is_lost_and_the_model_still_predicts(bench: Bench) -> None:
    cell = bench.judge(
        {"predict": SCORES, "training_state": STATE, "training_step": SCORES},
        {"predict": SCORES, "training_state": {}, "training_step": ValueError("not built")},
    )
    assert (cell.verdict, cell.stage) == (Verdict.STRUCTURE_CHANGED, "training_state")
    assert "not built" in cell.outputs["training_step"].note


def test_the_three_answers_are_given_apart(bench: Bench) -> None:
    cell = bench.judge(
        {"predict": SCORES, "evaluate_loss": {"loss": np.float32(1)}, "training_state": STATE},
        {"predict": SCORES, "evaluate_loss": {"loss": np.float32(2)}, "training_state": STATE},
    )
    found = training_answer(cell, "keras")
    assert training_text(found) == (
        "predicts the same: yes; same loss: no; state of training kept: yes; "
        "same next step of training: yes"
    )
    assert training_answer(cell, "joblib") is None
    assert training_text(None) == ""


def test_a_loss_that_fails_leaves_the_other_answers(bench: Bench) -> None:
    cell = bench.judge(
        {"predict": SCORES, "evaluate_loss": {"loss": np.float32(1)}, "training_state": STATE},
        {"predict": SCORES, "evaluate_loss": TypeError("not callable"), "training_state": STATE},
    )
    assert cell.verdict is Verdict.USE_FAILED
    assert training_answer(cell, "keras-h5") == TrainingAnswer(
        same_predictions=True, same_loss=False, training_state_kept=True, same_next_step=True
    )


def test_what_was_not_compared_has_no_answer(bench: Bench) -> None:
    cell = bench.judge({"predict": SCORES}, {"predict": SCORES})
    assert training_answer(cell, "keras", [NOT_COMPILED]) == TrainingAnswer(same_predictions=True)
    assert training_answer(cell, "keras", [NOT_TRAINABLE]) == TrainingAnswer(
        same_predictions=True, same_loss=True
    )
    assert training_answer(cell, "keras", [NO_TARGETS]) == TrainingAnswer(
        same_predictions=True, training_state_kept=True
    )


@pytest.mark.parametrize(
    ("precision", "apart", "verdict"),
    [
        ("float32", 5e-5, Verdict.EQUIVALENT),
        ("float32", 1e-3, Verdict.SCORES_CHANGED),
        ("float16", 1.5e-3, Verdict.EQUIVALENT),
        ("float16", 1e-2, Verdict.SCORES_CHANGED),
        ("bfloat16", 1.5e-2, Verdict.EQUIVALENT),
        ("bfloat16", 1e-1, Verdict.SCORES_CHANGED),
    ],
)
def test_the_tolerance_is_that_of_the_precision(
    bench: Bench, precision: str, apart: float, verdict: Verdict
) -> None:
    def output(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> object:
        if precision == "bfloat16":
            return {"bfloat16": values.astype(np.float32)}
        return values.astype(precision)

    values = SCORES + np.float32(3)
    cell = bench.judge({"predict": output(values)}, {"predict": output(values * (1 + apart))})
    assert cell.verdict is verdict


def test_another_next_step_is_a_change_of_numbers(bench: Bench) -> None:
    cell = bench.judge({"training_step": SCORES}, {"training_step": SCORES + np.float32(1)})
    assert cell.verdict is Verdict.SCORES_CHANGED
