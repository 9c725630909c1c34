"""Outputs recorded in production are read, brought to the model's types, and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compat_worker import expected_outputs
from compat_worker.user_error import UserError


def write(folder: Path, text: str) -> str:
    path = folder / "expected.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_columns_are_named_after_methods(tmp_path: Path) -> None:
    text = "predict,predict_proba_0,predict_proba_1,decision_function\nno,0.75,0.25,-1\n"
    found = expected_outputs.read(write(tmp_path, text), "csv", 1)
    assert sorted(found) == ["decision_function", "predict", "predict_proba"]
    assert found["predict"].tolist() == ["no"]
    assert found["predict_proba"].tolist() == [[0.75, 0.25]]


def test_columns_named_after_classes_come_in_the_order_of_the_classes(tmp_path: Path) -> None:
    path = write(tmp_path, "predict_proba_yes,predict_proba_no\n0.25,0.75\n")
    found = expected_outputs.read(path, "csv", 1)["predict_proba"]
    assert expected_outputs.in_class_order(found, np.array(["no", "yes"])).tolist() == [
        [0.75, 0.25]
    ]
    assert expected_outputs.in_class_order(found, np.array(["a", "b"])).tolist() == [[0.25, 0.75]]


def test_a_single_column_or_array_is_what_predict_returned(tmp_path: Path) -> None:
    np.save(tmp_path / "expected.npy", np.array([1, 2]))
    assert list(expected_outputs.read(write(tmp_path, "score\n1\n2\n"), "csv", 2)) == ["predict"]
    assert list(expected_outputs.read(str(tmp_path / "expected.npy"), "npy", 2)) == ["predict"]


@pytest.mark.parametrize(
    ("text", "n", "message"),
    [
        ("predict\n1\n", 2, "predict has 1 values for the 2 rows"),
        ("predict,colour\n1,2\n", 1, "'colour' does not begin with the name of an output method"),
    ],
)
def test_a_file_without_recorded_outputs_is_a_mistake(
    tmp_path: Path, text: str, n: int, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        expected_outputs.read(write(tmp_path, text), "csv", n)


def test_an_array_with_an_unknown_name_is_a_mistake(tmp_path: Path) -> None:
    np.savez(tmp_path / "expected.npz", colour=np.ones(2))
    with pytest.raises(UserError, match="colour is not an output method"):
        expected_outputs.read(str(tmp_path / "expected.npz"), "npz", 2)


@pytest.mark.parametrize(
    ("recorded", "returned", "dtype"),
    [
        ([1, 2], np.array([1.0, 2.0]), "float64"),
        ([1.0, 2.0], np.array([1, 2]), "int64"),
        ([1.5, 2.0], np.array([1, 2]), "float64"),
        (["1", "2"], np.array([1, 2]), "int64"),
        (["old", "2"], np.array([1, 2]), "<U3"),
        ([0.1], np.array([0.1], dtype=np.float32), "float32"),
    ],
)
def test_values_are_converted_to_the_type_of_the_model_where_that_is_lossless(
    recorded: list[Any], returned: Any, dtype: str
) -> None:
    assert expected_outputs.to_returned_type(np.array(recorded), returned).dtype == np.dtype(dtype)


def test_a_column_gets_the_shape_of_the_model() -> None:
    assert expected_outputs.to_returned_type(np.ones(3), np.zeros((3, 1))).shape == (3, 1)


def test_rows_that_differ_are_counted() -> None:
    one = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]])
    other = np.array([[1.0, 2.0 + 1e-9], [3.0, np.nan], [5.0, 7.0]])
    assert expected_outputs.count_differing_rows(one, other) == 1
    assert (
        expected_outputs.count_differing_rows(
            np.array(["a", "b"]), np.array(["a", "c"], dtype=object)
        )
        == 1
    )
    assert expected_outputs.count_differing_rows(one, one[:, 0]) is None
