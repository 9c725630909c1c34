"""The names of the estimators in a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from compat_worker import estimator_names
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2


def short(model: Any) -> list[str]:
    return [name.rpartition(".")[2] for name in estimator_names.class_names(model)]


def test_a_model_and_all_that_is_in_it_by_full_names() -> None:
    bagging = BaggingClassifier(DecisionTreeClassifier(), n_estimators=3).fit(X, Y)
    model = make_pipeline(StandardScaler(), bagging)
    assert short(model)[0] == "Pipeline"
    assert set(short(model)) == {
        *("Pipeline", "StandardScaler", "BaggingClassifier", "DecisionTreeClassifier")
    }
    assert estimator_names.class_names(LogisticRegression()) == [
        "sklearn.linear_model._logistic.LogisticRegression"
    ]


def test_only_estimators_are_reported() -> None:
    assert short({"model": LogisticRegression(), "data": X}) == ["dict", "LogisticRegression"]
    assert short(7) == ["int"]


class Holder:
    def fit(self) -> None: ...


def test_a_model_that_contains_itself_is_reported_once() -> None:
    model = Holder()
    model.inner = [model, {"again": model}]  # type: ignore[attr-defined]
    assert short(model) == ["Holder"]


def test_a_huge_model_is_reported_in_part() -> None:
    kinds = [type(f"Kind{number}", (Holder,), {}) for number in range(1000)]
    model = [[kind() for kind in kinds[start : start + 50]] for start in range(0, 1000, 50)]
    assert len(estimator_names.class_names(model)) == estimator_names.MAX_NAMES


def test_long_names_are_cut() -> None:
    kind = type("K" * 10_000, (Holder,), {"__module__": 3})
    (name,) = estimator_names.class_names(kind())
    assert len(name) == estimator_names.MAX_NAME_LENGTH


class Hostile:
    fit = None

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_nothing_of_the_model_is_called() -> None:
    assert short([Hostile(), LogisticRegression()]) == ["list", "Hostile", "LogisticRegression"]
