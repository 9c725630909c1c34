"""Rows are given to ONNX models in the types that their inputs have."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from compat_worker import onnx_models
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline


class Session:
    """Has the inputs and outputs of a session of onnxruntime, and keeps what it is given.

    Args:
        inputs: by name, the type.
        outputs: by name, the value.
    """

    def __init__(self, inputs: dict[str, str], outputs: dict[str, object]) -> None:
        self._inputs, self._outputs = inputs, outputs
        self.given: dict[str, np.ndarray] = {}

    def get_inputs(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(name=name, type=type_, shape=[None, None])
            for name, type_ in self._inputs.items()
        ]

    def get_outputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name) for name in self._outputs]

    def run(self, names: list[str], given: dict[str, np.ndarray]) -> list[object]:
        self.given = given
        return [self._outputs[name] for name in names]


def model(session: Session) -> onnx_models.OnnxModel:
    return onnx_models.OnnxModel(session, "model.onnx")


def test_a_table_is_given_column_by_column_and_a_missing_text_is_empty() -> None:
    session = Session({"n": "tensor(float)", "t": "tensor(string)"}, {"label": np.array([1, 0, 1])})
    rows = pd.DataFrame({"t": ["a", None, np.nan], "n": [1.0, np.nan, 1700000000.5], "more": 1})
    assert model(session).predict(rows).tolist() == [1, 0, 1]
    assert session.given["t"].tolist() == [["a"], [""], [""]]
    assert session.given["n"].dtype == np.float32
    assert float(session.given["n"][2, 0]) == 1700000000.0


def test_other_rows_are_one_table() -> None:
    session = Session({"X": "tensor(float)"}, {"variable": np.array([[1.5], [2.5]])})
    for rows in (sparse.csr_matrix([[0, 1], [2, 0]]), np.array([[0, 1], [2, 0]])):
        assert model(session).predict(rows).tolist() == [[1.5], [2.5]]
        assert session.given["X"].tolist() == [[0, 1], [2, 0]]
    session = Session({"X": "tensor(string)"}, {"label": np.array(["no", "yes"], dtype=object)})
    assert model(session).predict(["bad", "good"]).dtype.kind == "U"
    assert session.given["X"].tolist() == [["bad"], ["good"]]


def test_rows_without_names_are_given_in_the_order_of_the_inputs() -> None:
    session = Session({"a": "tensor(float)", "b": "tensor(int64)"}, {"label": np.array([1, 0])})
    assert model(session).predict(np.array([[0.5, 1], [1.5, 2]])).tolist() == [1, 0]
    assert {name: one.tolist() for name, one in session.given.items()} == {
        "a": [[0.5], [1.5]],
        "b": [[1], [2]],
    }


def test_rows_without_the_inputs_are_refused() -> None:
    session = Session({"a": "tensor(float)", "b": "tensor(float)"}, {"label": np.array([1])})
    with pytest.raises(ValueError, match="do not have the inputs of the model: a, b"):
        model(session).predict(pd.DataFrame({"a": [1.0]}))


def test_probabilities_by_class_become_columns() -> None:
    by_class = [{"no": 0.25, "yes": 0.75}, {"no": 1.0, "yes": 0.0}]
    session = Session({"X": "tensor(float)"}, {"label": None, "probabilities": by_class})
    found = model(session).predict_proba(np.zeros((2, 1)))
    assert found.tolist() == [[0.25, 0.75], [1.0, 0.0]]
    with pytest.raises(AttributeError, match="predict_proba"):
        model(Session({"X": "tensor(float)"}, {"variable": None})).predict_proba(np.zeros((2, 1)))


def test_a_table_of_numbers_is_one_input_unless_the_model_selects_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(onnx_models, "_numbers", lambda width: ("number", width))
    monkeypatch.setattr(onnx_models, "_texts", lambda width: ("text", width))
    numbers = pd.DataFrame({"a": [1.0], "b": [2]})
    by_column = make_pipeline(make_column_transformer(("passthrough", ["a"])), Ridge())
    for model_, rows, inputs in (
        (Ridge(), numbers, [("X", ("number", 2))]),
        (by_column, numbers, [("a", ("number", 1)), ("b", ("number", 1))]),
        (
            Ridge(),
            numbers.assign(t="x"),
            [("a", ("number", 1)), ("b", ("number", 1)), ("t", ("text", 1))],
        ),
        (Ridge(), ["one", "two"], [("X", ("text", 1))]),
    ):
        assert onnx_models._input_types(model_, rows) == inputs
    with pytest.raises(TypeError, match="no type for the column 'day'"):
        onnx_models._input_types(Ridge(), pd.DataFrame({"day": pd.to_datetime(["2024-05-01"])}))
