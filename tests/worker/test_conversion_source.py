"""The conversions as source of their own do what the worker does."""

from __future__ import annotations

import ast
import pickle
from typing import Any

import numpy as np
import pytest
from compat_worker.conversions.registry import CONVERSIONS
from sklearn.tree import DecisionTreeClassifier

from matrix.remedies.conversion_source import short_source_of, source_of

X = np.arange(40.0).reshape(-1, 2)
Y = np.arange(20) % 3
NAMES = [one.name for one in CONVERSIONS]


def loaded(text: str) -> dict[str, Any]:
    """The names that the source defines, without those of this package."""
    assert "compat_worker" not in {
        (node.module or "").partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
    }
    names: dict[str, Any] = {"__name__": "script"}
    exec(text, names)
    return names


def test_all_conversions_are_there_under_their_names_and_in_order() -> None:
    assert [one.name for one in loaded(source_of(NAMES))["CONVERSIONS"]] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_conversion_can_be_taken_alone(name: str) -> None:
    (one,) = loaded(source_of([name]))["CONVERSIONS"]
    assert one.name == name


def test_what_is_not_applied_is_left_out() -> None:
    assert len(source_of(["tree-values-1.3"]).splitlines()) < len(source_of(NAMES).splitlines())


def test_the_source_converts_what_the_worker_converts() -> None:
    model = DecisionTreeClassifier(random_state=0).fit(X, Y)
    before = model.predict_proba(X)
    model.tree_.value[:] *= 7.0  # counts, as up to 1.2
    del model.__dict__["monotonic_cst"]
    saved = pickle.dumps(model)
    names = loaded(source_of(["tree-values-1.3"]))
    with names["while_loading"]([("sklearn.tree._tree", "Tree")]):
        found = pickle.loads(saved)
    assert {one["name"] for one in names["convert"](found)} >= {"tree-values-1.3"}
    assert np.array_equal(found.predict_proba(X), before)
    assert found.monotonic_cst is None


def test_a_conversion_is_shown_without_docstring_and_types() -> None:
    text = short_source_of("tree-values-1.3")
    assert text.startswith("def _shares(one):")
    assert '"""' not in text
    assert short_source_of("unheard") == ""
