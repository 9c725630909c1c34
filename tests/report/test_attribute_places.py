"""An advice names every object of a model that lacks the attribute."""

from __future__ import annotations

import pytest

from matrix import causes
from matrix.inspection import ModelNode
from matrix.model import Cell, OutputDifference, Verdict
from matrix.report.attribute_places import in_places

CAUSE = causes.by_id()["pipeline-transform-input-1.6"]
CODE = "model.transform_input = None"
NOTE = "raises AttributeError: 'Pipeline' object has no attribute 'transform_input'"
CELL = Cell(
    pipeline="p",
    format="joblib",
    writer="a",
    reader="b",
    verdict=Verdict.INTROSPECTION_FAILED,
    outputs={"repr": OutputDifference(verdict=Verdict.INTROSPECTION_FAILED, note=NOTE)},
)
PIPELINE = "sklearn.pipeline.Pipeline"
SCALER = ModelNode(name="scale", kind="sklearn.preprocessing._data.StandardScaler")


def pipeline(name: str, *steps: ModelNode) -> ModelNode:
    return ModelNode(name=name, kind=PIPELINE, children=steps)


def search(*children: ModelNode, **params: str) -> ModelNode:
    kind = "sklearn.model_selection._search.GridSearchCV"
    return ModelNode(kind=kind, params=params, children=children)


@pytest.mark.parametrize(
    ("root", "line"),
    [
        (pipeline("", SCALER), CODE),
        (
            search(pipeline("best_estimator_", SCALER), estimator="Pipeline"),
            "for part in (model.estimator, model.best_estimator_): part.transform_input = None",
        ),
        (
            search(pipeline("best_estimator_", pipeline("prep", SCALER)), estimator="Pipeline"),
            'for part in (model.estimator, model.estimator["prep"], model.best_estimator_, '
            'model.best_estimator_["prep"]): part.transform_input = None',
        ),
        (search(pipeline("best_estimator_")), "model.best_estimator_.transform_input = None"),
        (search(SCALER), CODE),
        (
            ModelNode(
                kind="sklearn.ensemble.BaggingClassifier",
                children=(ModelNode(name="estimators_", kind=PIPELINE, count=10),),
            ),
            "for part in (*model.estimators_,): part.transform_input = None",
        ),
    ],
)
def test_every_place_is_in_the_line(root: ModelNode, line: str) -> None:
    assert in_places(CODE, root, CELL, CAUSE) == line
    compile(line, "advice", "exec")


def test_too_many_places_are_left_to_migrate() -> None:
    root = pipeline("", *(pipeline(f"step{n}") for n in range(20)))
    assert in_places(CODE, root, CELL, CAUSE) == ""


def test_a_change_without_a_message_is_placed_by_the_class_of_its_cause() -> None:
    """``TfidfVectorizer`` holds the ``TfidfTransformer`` that lacks its weights."""
    cause = causes.by_id()["tfidf-idf-1.5"]
    inner = ModelNode(name="_tfidf", kind="sklearn.feature_extraction.text.TfidfTransformer")
    vectorizer = ModelNode(
        name="words", kind="sklearn.feature_extraction.text.TfidfVectorizer", children=(inner,)
    )
    cell = Cell(
        pipeline="p", format="joblib", writer="a", reader="b", verdict=Verdict.SCORES_CHANGED
    )
    code = "tfidf.idf_ = tfidf._idf_diag.diagonal()"
    assert in_places(code, pipeline("", vectorizer), cell, cause) == (
        'model["words"]._tfidf.idf_ = model["words"]._tfidf._idf_diag.diagonal()'
    )
