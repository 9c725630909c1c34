"""What retraining needs, as a script; what the model's own code wrote adds no code to it."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from matrix.remedies.retraining import retraining_script

PIPELINE = [
    "made",
    "sklearn.pipeline",
    "Pipeline",
    [["steps", ["list", [["tuple", [["plain", "svc"], ["made", "sklearn.svm", "SVC", []]]]]]]],
]


def script(value: Any, source: str = "m.joblib") -> str:
    text = retraining_script(value, source=source, versions={"numpy": "1.26"}, why="no\nway")
    ast.parse(text)
    return text


def test_every_estimator_is_imported_and_made() -> None:
    text = script(PIPELINE)
    assert "from sklearn.pipeline import Pipeline" in text
    assert "steps=[('svc', made(SVC))]" in text


def test_values_of_all_kinds_are_written() -> None:
    values = [["plain", None], ["float", "inf"], ["name", "numpy", "log1p"], ["other", "a lock"]]
    values += [["dict", [[["plain", 1], ["plain", 2.5]]]], ["tuple", [["plain", 1]]]]
    values.append(["array", "<U1", [["plain", "x"]]])
    text = script(["list", values])
    for part in ("None,", "float('inf')", "log1p,", "...,  # here: a lock", "{1: 2.5}", "(1,)"):
        assert part in text
    assert "np.array(['x'], dtype='<U1')" in text


@pytest.mark.parametrize(
    "value",
    [
        ["made", "os; import sys", "SVC", []],
        ["made", "sklearn.svm", "SVC()\nimport os", []],
        ["made", "sklearn.svm", "SVC", [["C=1, x", ["plain", 1]]]],
        ["float", "__import__('os')"],
        ["plain", []],
        ["unheard", 1],
    ],
)
def test_what_is_no_name_or_value_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"is no|is none|another type"):
        retraining_script(value, source="m", versions={}, why="")


def test_texts_stay_in_their_comments() -> None:
    text = script(["other", "x\nimport os"], source="m\nimport os\n.joblib")
    assert not any(line.startswith("import os") for line in text.splitlines())
