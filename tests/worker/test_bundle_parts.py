"""A model is taken out of what a file holds, in the environment that loads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from compat_worker import bundle_parts, content, output_methods
from compat_worker.output_methods import PlainData
from compat_worker.user_error import UserError
from sklearn.cluster import DBSCAN
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import LabelEncoder, StandardScaler

X = np.random.RandomState(0).rand(40, 5)
SCALER = StandardScaler().fit(X)
PCA3 = PCA(3).fit(SCALER.transform(X))
LINEAR = LinearRegression().fit(PCA3.transform(SCALER.transform(X)), X[:, 0])


@pytest.mark.parametrize(
    ("held", "part"),
    [
        (LINEAR, []),
        ({"a": LINEAR}, [["key", "a"]]),
        ([0, (LINEAR,)], [["index", 1], ["index", 0]]),
        ({7: LINEAR}, [["index", 7]]),
        (SimpleNamespace(model={"x": LINEAR}), [["attribute", "model"], ["key", "x"]]),
    ],
)
def test_a_part_is_the_object_at_its_path(held: Any, part: Any) -> None:
    assert bundle_parts.take(held, part) is LINEAR


def test_files_of_the_run_itself_are_left_as_they_are() -> None:
    held = {"a": LINEAR}
    assert bundle_parts.take(held, None) is held


def test_a_part_that_is_not_there_raises_what_python_raises() -> None:
    with pytest.raises(KeyError):
        bundle_parts.take({}, [["key", "a"]])


def test_a_model_without_output_methods_is_its_fitted_attributes() -> None:
    found = bundle_parts.take(DBSCAN(eps=0.5).fit(X), [])
    assert isinstance(found, PlainData)
    assert {"labels_", "core_sample_indices_"} <= set(found.values)
    assert output_methods.available(found) == ["values"]
    assert content.is_complete(content.encode(output_methods.call(found, "values", None)))


def test_a_model_without_output_methods_is_shown_as_the_estimator_that_it_is() -> None:
    model = DBSCAN(eps=0.5).fit(X)
    found = bundle_parts.take(model, [])
    assert repr(found) == repr(model)
    assert found.get_params() == model.get_params()
    del model.__dict__["metric"]  # as where the file of an older release lacks a parameter
    for show in (repr, lambda one: one.get_params()):
        with pytest.raises(AttributeError, match="metric"):
            show(bundle_parts.take(model, []))


def test_attributes_are_taken_of_a_model_whose_writer_had_no_methods() -> None:
    found = bundle_parts.take(LINEAR, [], as_data=True)
    assert isinstance(found, PlainData)
    assert "coef_" in found.values


def test_values_beside_the_models_are_named_as_python_writes_them() -> None:
    held = {"threshold": 0.4, "columns": ["a"], "f": len}
    parts = [[["key", name]] for name in held]
    found = bundle_parts.take(held, [["data", parts]])
    assert dict(found.values) == {
        '["threshold"]': 0.4,
        '["columns"]': ["a"],
        '["f"]': "present, not checked",
    }


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_transformers_are_put_in_the_order_in_which_shapes_fit(order: tuple[int, int]) -> None:
    held = [LINEAR, *(np.array([SCALER, PCA3], dtype=object)[list(order)])]
    part = [["together", [[["index", 1]], [["index", 2]], [["index", 0]]]]]
    found = bundle_parts.take(held, part)
    assert [step for _, step in found.steps] == [SCALER, PCA3, LINEAR]
    expected = LINEAR.predict(PCA3.transform(SCALER.transform(X)))
    assert np.array_equal(found.predict(X), expected)


def test_a_vectorizer_comes_before_its_classifier() -> None:
    texts, labels = ["good day", "bad day", "good night"] * 3, [1, 0, 1] * 3
    words = TfidfVectorizer().fit(texts)
    model = LogisticRegression().fit(words.transform(texts), labels)
    found = bundle_parts.take((words, model), [["together", [[["index", 0]], [["index", 1]]]]])
    assert list(found.predict(texts)) == labels


@pytest.mark.parametrize("first", [StandardScaler().fit(X[:, :2]), LabelEncoder().fit(["a", "b"])])
def test_models_that_do_not_fit_together_are_refused(first: Any) -> None:
    with pytest.raises(UserError, match="do not fit together"):
        bundle_parts.take([first, LINEAR], [["together", [[["index", 0]], [["index", 1]]]]])
