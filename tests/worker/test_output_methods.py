"""The output methods of a model are those that it offers itself."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from compat_worker import output_methods
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, Y = np.random.RandomState(0).normal(size=(30, 2)), np.arange(30) % 2


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (SVC(), "predict_proba"),
        (make_pipeline(StandardScaler(), SVC()), "predict_proba"),
        (make_pipeline(StandardScaler(), Ridge()), "predict_proba"),
        (Ridge(), "transform"),
        (make_pipeline(LogisticRegression()), "transform"),
    ],
)
def test_a_method_that_a_model_does_not_have_is_absent(model: BaseEstimator, name: str) -> None:
    model.fit(X, Y)
    assert name not in output_methods.available(model)
    with pytest.raises(output_methods.NoSuchMethod):
        output_methods.call(model, name, X)


class Astray(BaseEstimator, TransformerMixin):  # type: ignore[misc]
    """Calls ``transform`` of its part, as a ColumnTransformer may call that of a string."""

    held: object

    def fit(self, X: object, y: object = None) -> Astray:
        return self

    def transform(self, X: object) -> object:
        return self.held.transform(X) if hasattr(self, "held") else X  # type: ignore[attr-defined]


@pytest.mark.parametrize("held", ["passthrough", None, np.zeros(2)])
def test_a_method_that_raises_attribute_errors_exists_and_fails(held: object) -> None:
    model = make_pipeline(ColumnTransformer([("a", Astray(), [0, 1])])).fit(X)
    model.steps[0][1].transformers_[0][1].held = held
    assert "transform" in output_methods.available(model)
    with pytest.raises(AttributeError, match="has no attribute 'transform'"):
        output_methods.call(model, "transform", X)


def test_steps_of_another_class_are_no_pipeline() -> None:
    class Own:
        steps: ClassVar = {"scale": 1}

        def predict(self, rows: Any) -> Any:
            return rows

    assert "predict" in output_methods.taking_rows(Own())
