"""The attributes that a class reads are found in its source, without running it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compat_worker import code_reading
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted


class Parent:
    kind = "a class's own"

    def __init__(self, given: int = 1) -> None:
        self.given = given

    def fit(self, rows: Any) -> Any:
        return self.only_in_fit  # type: ignore[attr-defined]

    def transform(self, rows: Any) -> Any:
        return self.of_parent * rows  # type: ignore[attr-defined]


class Child(Parent):
    def predict(self, rows: Any) -> Any:
        check_is_fitted(self, ["fitted_"])
        self.made = rows
        if hasattr(self, "perhaps"):
            rows = rows * self.perhaps
        try:
            rows = rows * self.tried  # type: ignore[attr-defined]
        except AttributeError:
            rows = 0
        return self._helped(rows) + self.made + self.given + len(self.kind)

    def _helped(self, rows: Any) -> Any:
        return [self.in_helper + self.of_property + self.__secret for _ in rows]  # type: ignore[attr-defined]

    @property
    def of_property(self) -> Any:
        return self.behind_property  # type: ignore[attr-defined]

    def transform(self, rows: Any) -> Any:
        return super().transform(rows) + getattr(self, "defaulted", 0) + getattr(self, "wanted")  # noqa: B009

    @available_if(lambda self: True)
    def apply(self, rows: Any) -> Any:
        return self.conditional  # type: ignore[attr-defined]


class Dynamic(Parent):
    def __getattr__(self, name: str) -> Any:
        return 0


NEEDED = ["_Child__secret", "behind_property", "fitted_", "given", "in_helper"]


@pytest.mark.parametrize(
    ("method", "uses", "asks"),
    [
        ("predict", NEEDED, ["perhaps", "tried"]),
        ("transform", ["of_parent", "wanted"], ["defaulted"]),
        ("apply", ["conditional"], []),
        ("no_such_method", [], []),
    ],
)
def test_attributes_that_are_read_and_attributes_that_are_only_tested_for_are_distinguished(
    method: str, uses: list[str], asks: list[str]
) -> None:
    assert code_reading.attributes_read(Child, [method]) == {"uses": uses, "asks": asks}


def test_a_class_with_getattr_is_not_analyzed() -> None:
    assert code_reading.attributes_read(Dynamic, ["transform"]) == {"uses": [], "asks": []}


@pytest.mark.parametrize("kind", [int, np.ndarray, type("Made", (BaseEstimator,), {})])
def test_a_class_without_source_reads_nothing(kind: type) -> None:
    assert code_reading.attributes_read(kind, ["predict"])["uses"] == []


def test_real_estimators_have_all_that_they_are_seen_to_need() -> None:
    """A model fitted by the installed release has every attribute that its class reads."""
    rows, truth = np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 0, 1, 1]
    for model in (StandardScaler(), SimpleImputer(), LogisticRegression()):
        fitted = model.fit(rows, truth)
        uses = code_reading.attributes_read(type(fitted), ["transform", "predict"])["uses"]
        assert uses
        assert set(uses) <= vars(fitted).keys() | {"_n_features_out"}


def test_the_silent_change_of_tfidf_is_an_attribute_that_is_tested_for() -> None:
    assert code_reading.attributes_read(TfidfTransformer, ["transform"])["asks"] == ["idf_"]
