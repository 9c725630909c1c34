"""The columns of a mapper of sklearn-pandas are those of its parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import feature_inference, row_making
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelBinarizer, StandardScaler

ROWS = pd.DataFrame({"age": [20.0, 30.0, 40.0, 60.0], "city": ["rome", "oslo", "bern", "rome"]})


class Mapper(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Keeps its parts as ``sklearn_pandas.DataFrameMapper`` does."""

    def __init__(self, features: Any = None) -> None:
        self.features = features

    def fit(self, X: Any, y: Any = None) -> Mapper:
        self.built_features = [(names, part.fit(X[names]), {}) for names, part in self.features]
        return self

    def transform(self, X: Any) -> Any:
        made = [np.asarray(part.transform(X[names])) for names, part, _ in self.built_features]
        return np.hstack([one.reshape(len(X), -1) for one in made])


def test_rows_have_the_named_columns_with_what_each_part_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Mapper, "__module__", "sklearn_pandas.dataframe_mapper")
    mapper = Mapper([(["age"], StandardScaler()), ("city", LabelBinarizer())])
    model = make_pipeline(mapper, LogisticRegression()).fit(ROWS, [0, 1, 0, 1])
    known = feature_inference.infer(model)
    assert known is not None
    assert known.names == ["age", "city"]
    assert known.columns[0].centre == 37.5
    made = row_making.make_rows(model, 40)
    assert list(made.rows.columns) == ["age", "city"]
    assert set(made.rows["city"]) == {"rome", "oslo", "bern"}
