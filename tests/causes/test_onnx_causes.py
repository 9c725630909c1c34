"""Causes in ONNX files, by messages and shares that real runs showed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from matrix import causes
from matrix.model import Cell, OutputDifference, Verdict

from .cells import failed, info

ERROR = "onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument"
FAILED = [
    (
        "onnx-ir-version",
        "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Failed to load model with error: "
        "/onnxruntime_src/onnxruntime/core/graph/model.cc:146 onnxruntime::Model::Model("
        "onnx::ModelProto&&) Unsupported model IR version: 10, max supported IR version: 8\n",
    ),
    (
        "onnx-ir-version",
        "and in this case ONNX Runtime will not guarantee backward compatibility. Current official "
        "support for domain ai.onnx is till opset 15.\n",
    ),
    (
        "onnx-linear-classes",
        "linearclassifier.cc:78 classlabels_ints_.size() >= static_cast<size_t>(class_count_) was "
        "false. LinearClassifier: classlabels_ints has 2 elements but intercepts defines 4 classes",
    ),
]


def cause_of(cell: Cell, *estimators: str, sklearn: str = "1.5.2") -> str:
    found = causes.cause_of(
        cell,
        causes.known(),
        estimators=estimators or ("sklearn.pipeline.Pipeline",),
        writer=info(sklearn),
        reader=info(sklearn),
    )
    return str(found)


def changed(stage: str, n_changed: int, n: int, **other: Any) -> Cell:
    difference = OutputDifference(verdict=Verdict.LABELS_CHANGED, n_changed=n_changed, n=n)
    return Cell(
        pipeline="p",
        format=other.pop("format", "onnx"),
        writer="w",
        reader="r",
        verdict=Verdict.LABELS_CHANGED,
        stage=stage,
        outputs={stage: difference},
    )


@pytest.mark.parametrize(("id_", "message"), FAILED)
def test_a_refusal_of_the_runtime_has_its_cause(id_: str, message: str) -> None:
    assert cause_of(failed(message, ERROR, "load", format="onnx")) == id_
    assert cause_of(failed(message, ERROR, "load", format="joblib")).startswith(causes.PREFIX)


def test_a_change_in_a_tree_is_of_missing_values_and_a_small_one_elsewhere_of_precision() -> None:
    tree, sgd = "sklearn.tree._classes.DecisionTreeClassifier", "sklearn.linear_model.SGDClassifier"
    assert cause_of(changed("predict", 19, 203), tree) == "onnx-missing-in-trees"
    assert cause_of(changed("predict", 19, 203), tree, sklearn="1.2.2").startswith(causes.PREFIX)
    assert cause_of(changed("predict", 14, 113), sgd) == "onnx-single-precision"
    assert cause_of(changed("predict", 90, 113), sgd).startswith(causes.PREFIX)


def test_what_changed_in_a_release_of_scikit_learn_is_no_cause_of_a_converted_file() -> None:
    """The converted model runs nothing of it."""
    found = causes.cause_of(
        changed("predict", 2, 100),
        causes.known(),
        estimators=("sklearn.multiclass.OneVsOneClassifier",),
        writer=info("1.5.2"),
        reader=info("1.9.1"),
    )
    assert found is not None
    assert found.startswith(causes.PREFIX)


def test_a_process_that_ended_has_the_cause_of_its_classifier_and_an_exception_has_not() -> None:
    ridge = "sklearn.linear_model._ridge.RidgeClassifierCV"
    ended = replace(changed("", 0, 0), verdict=Verdict.CRASHED, outputs={})
    assert cause_of(ended, ridge) == "onnx-linear-classes"
    other = failed("no such input", "ValueError", "predict", format="onnx")
    assert cause_of(other, ridge).startswith(causes.PREFIX)


SHAPES = [
    ("onnx-one-row-of-labels", "QuadraticDiscriminantAnalysis", "shape (197,) became (1, 197)"),
    ("onnx-selection-alone", "RFECV", "shape (113,) became (113, 3)"),
    ("onnx-linear-classes", "RidgeClassifierCV", "shape (113, 2) became (113, 4)"),
    ("onnx-zero-probability", "MultinomialNB", "missing values (NaN) differ in 1040 places"),
]


@pytest.mark.parametrize(("id_", "estimator", "note"), SHAPES)
def test_an_output_of_another_shape_has_its_cause(id_: str, estimator: str, note: str) -> None:
    stage = "predict" if note.startswith("shape") else "predict_proba"
    difference = OutputDifference(verdict=Verdict.STRUCTURE_CHANGED, note=note)
    cell = replace(changed(stage, 0, 0), verdict=Verdict.STRUCTURE_CHANGED)
    cell = replace(cell, outputs={stage: difference})
    names = [
        f"sklearn.a.{estimator}",
        *(["sklearn.b.RidgeClassifier"] if estimator == "RFECV" else []),
    ]
    assert cause_of(cell, *names) == id_


def test_what_boosting_loses_has_its_cause_and_cancelled_terms_are_precision() -> None:
    assert (
        cause_of(changed("predict", 358, 358), "sklearn.ensemble.HistGradientBoostingRegressor")
        == "onnx-log-link"
    )
    hist = "sklearn.ensemble.HistGradientBoostingClassifier"
    assert cause_of(changed("predict", 209, 416), hist) == "onnx-categorical-splits"
    process = "sklearn.gaussian_process.GaussianProcessRegressor"
    assert cause_of(changed("predict", 143, 144), process) == "onnx-single-precision"
    discriminant = "sklearn.discriminant_analysis.LinearDiscriminantAnalysis"
    assert cause_of(changed("predict", 2, 187), discriminant) == "onnx-single-precision"


PMML = [
    ("pmml-missing-in-trees", "DecisionTreeClassifier", "predict", "type int64 became float64"),
    ("pmml-no-probabilities", "SVC", "predict_proba", "went: no has no attribute 'predict_proba'"),
    ("pmml-text-labels", "KMeans", "predict", "type int32 became <U1"),
]


@pytest.mark.parametrize(("id_", "estimator", "stage", "note"), PMML)
def test_what_pmml_does_not_hold_has_its_cause(
    id_: str, estimator: str, stage: str, note: str
) -> None:
    difference = OutputDifference(verdict=Verdict.STRUCTURE_CHANGED, note=note)
    cell = replace(changed(stage, 0, 0, format="pmml"), verdict=Verdict.STRUCTURE_CHANGED)
    cell = replace(cell, outputs={stage: difference})
    assert cause_of(cell, f"sklearn.a.{estimator}") == id_


def test_in_pmml_few_labels_of_equal_classes_are_ties() -> None:
    few, many = (
        changed("predict", 13, 113, format="pmml"),
        changed("predict", 90, 113, format="pmml"),
    )
    assert cause_of(few, "sklearn.linear_model.SGDClassifier") == "pmml-ties"
    assert cause_of(many, "sklearn.linear_model.SGDClassifier").startswith(causes.PREFIX)
    boosting = "sklearn.ensemble.HistGradientBoostingRegressor"
    assert cause_of(changed("predict", 358, 358, format="pmml"), boosting) == "pmml-log-link"
