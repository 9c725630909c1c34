"""What is said of a model that its origin cannot load, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.errors import Exit
from matrix.model import Environment, EnvSpec, ModelReference, Saving
from matrix.model.observations import Failure
from matrix.upgrade.answer import Model, Problem
from matrix.upgrade.references import problem_of

MODEL = Model(id="model.pkl", path=Path("model.pkl"))
ORIGIN = Environment(spec=EnvSpec(id="o", label="1.2.2", scikit_learn="1.2.2"))


def problem(message: str) -> Problem:
    failure = Failure(type="ModuleNotFoundError", message=message)
    saving = Saving(pipeline="m", writer="o", stage="load", failure=failure)
    found = problem_of(ModelReference(saving=saving), ORIGIN, MODEL)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (
            "sentence_transformers",
            "It needs sentence_transformers: add --with sentence-transformers.",
        ),
        ("cv2.dnn", "It needs cv2: add --with opencv-python-headless."),
        (
            "our_code",
            "It needs our_code: add its package with --with REQ, or the folder of your own",
        ),
        ("sklearn.svm.classes", "If another environment saved it, name that one"),
    ],
)
def test_the_advice_names_the_module_that_is_missing(missing: str, said: str) -> None:
    assert problem(f"No module named '{missing}'").advice.startswith(said)


def test_no_data_is_requested_for_a_model_that_is_not_fitted() -> None:
    said = "this Pipeline is not fitted: predict raises NotFittedError"
    reference = ModelReference(saving=Saving(pipeline="m", writer="o"), mistake=said)
    found = problem_of(reference, ORIGIN, MODEL)
    assert found is not None
    assert "save it after fit" in found.advice
    assert found.exit_code is Exit.CANNOT_TELL
