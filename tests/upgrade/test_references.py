"""What is said of a model that its origin cannot load, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.errors import Exit
from matrix.model import Environment, EnvSpec, ModelReference, Saving
from matrix.model.observations import Failure
from matrix.upgrade.answer import Model, Problem
from matrix.upgrade.references import problem_of
from matrix.worker.compat_worker.user_error import GIVE_TYPES, NEEDS_DATA_WORDS

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


def test_an_origin_with_an_old_joblib_is_told_which_joblib_to_add() -> None:
    failure = Failure(type="compat_worker.loader_guard.MisreadArrayError", message="joblib 1.1")
    saving = Saving(pipeline="m", writer="o", stage="load", failure=failure)
    found = problem_of(ModelReference(saving=saving), ORIGIN, MODEL)
    assert found is not None
    assert found.advice.endswith("add --with joblib==1.2.0.")


def test_data_that_the_code_of_a_model_lacks_can_be_downloaded_and_added() -> None:
    mistake = f"{NEEDS_DATA_WORDS}punkt; rm -rf /"  # a worker that loaded a model wrote it
    found = problem_of(
        ModelReference(mistake=mistake, saving=Saving(pipeline="m", writer="o")), ORIGIN, MODEL
    )
    assert found is not None
    lines = [line for _, line in found.paste]
    assert lines == ["python -m nltk.downloader -d nltk_data punktrm-rf", "--path nltk_data"]


def test_arrays_that_python_2_saved_are_no_matter_of_the_release() -> None:
    message = "You may be trying to read with python 3 a joblib pickle generated with python 2."
    failure = Failure(type="ValueError", message=message)
    saving = Saving(pipeline="m", writer="o", stage="load", failure=failure)
    found = problem_of(ModelReference(saving=saving), ORIGIN, MODEL)
    assert found is not None
    assert "save it again there with pickle.dump(model, file, protocol=2)" in found.advice
    assert "--from" not in found.advice


def test_no_data_is_requested_for_a_model_that_is_not_fitted() -> None:
    said = "this Pipeline is not fitted: predict raises NotFittedError"
    reference = ModelReference(saving=Saving(pipeline="m", writer="o"), mistake=said)
    found = problem_of(reference, ORIGIN, MODEL)
    assert found is not None
    assert "save it after fit" in found.advice
    assert found.exit_code is Exit.CANNOT_TELL


@pytest.mark.parametrize(
    ("types", "pasted"),
    [
        ('{"is open": "boolean"}', """--dtypes '{"is open": "boolean"}'"""),
        ('{"x": "boolean"}\nrm -r ~', ""),
        ('{"x": "$(date)"}', ""),
        ('["boolean"]', ""),
    ],
)
def test_types_are_proposed_as_an_option_and_nothing_else_of_a_worker_is(
    types: str, pasted: str
) -> None:
    said = f"rows.csv: the column 'is open' holds 'no'{GIVE_TYPES}{types}"
    reference = ModelReference(saving=Saving(pipeline="m", writer="o"), mistake=said)
    found = problem_of(reference, ORIGIN, MODEL)
    assert found is not None
    assert [line for _, line in found.paste] == [pasted] * bool(pasted)
    assert found.message == (said.partition(";")[0] if pasted else said)
    assert found.advice == ""
