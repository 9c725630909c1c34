"""Answers of workers become data types."""

from __future__ import annotations

from typing import Any

from matrix.judge import Case, judge
from matrix.model import Ending, Failure, ModelReference, Returned, Tolerance, Verdict
from matrix.store import worker_answers

COMMON: dict[str, Any] = {"contents": [], "warnings": [], "seconds": 1.5}


def reference(answer: dict[str, Any]) -> ModelReference:
    return worker_answers.reference(
        answer, pipeline="churn", format_name="pickle", sha256="ab", size=7, writer="home"
    )


def test_a_reference_is_a_saving_whose_artifact_is_the_file() -> None:
    found = reference(
        {
            **COMMON,
            "rows": "11",
            "truth": None,
            "only": False,
            "estimators": ["sklearn.linear_model._ridge.Ridge"],
            "made": {"all zeros": 1, "with far outliers": 2},
            "dropped": {"with an unseen category": {"rows": 3, "raised": None}},
            "n_rows": 3,
            "unfit": "",
            "fewer": {"rows": 32, "of": "features", "count": 61000},
            "features": ["age"],
            "outputs": {"predict": {"digest": "22"}},
            "repeats": {"predict": {"digest": "33"}},
            "expected": {"predict": {"agrees": False, "rows": 2}},
        }
    )
    assert found.saving.artifacts["pickle"].sha256 == "ab"  # type: ignore[union-attr]
    assert found.saving.outputs == {"predict": Returned(digest="22")}
    assert list(found.made.items()) == [("all zeros", 1), ("with far outliers", 2)]
    assert found.dropped == {"with an unseen category": 3}
    assert found.repeats == {"predict": Returned(digest="33")}
    assert found.expected == {"predict": 2}
    assert found.fewer == ("features", 61000, 32)
    assert (found.n_rows, found.features, found.mistake) == (3, ("age",), "")


def test_a_mistake_is_unknown_and_never_green() -> None:
    found = reference({**COMMON, "mistake": "rows.csv: the file is empty"})
    assert found.mistake == "rows.csv: the file is empty"
    case = Case(saving=found.saving, format="pickle", reader="r", observation=None)
    assert judge(case, {}.__getitem__, lambda _: Tolerance()).verdict is Verdict.UNAVAILABLE


def test_a_model_that_does_not_load_at_home_is_reported_with_its_exception() -> None:
    raised = {"type": "ValueError", "message": "no"}
    found = reference({**COMMON, "stage": "load", "raised": raised})
    assert found.saving.stage == "load"
    assert found.saving.failure == Failure(type="ValueError", message="no")


def test_a_reference_that_crashed_has_the_reason() -> None:
    found = reference({"ending": "crashed", "reason": "SIGSEGV"})
    assert found.saving.ending is Ending.CRASHED
