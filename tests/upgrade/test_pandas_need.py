"""pandas is left out only where nothing of a check can need it."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from matrix.inspection import inspect
from matrix.upgrade.answer import Model
from matrix.upgrade.pandas_need import needs_pandas

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10.0)
FRAME = pd.DataFrame(X, columns=["a", "b"])


class Own(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The user's own code may call anything."""

    def fit(self, X: object, y: object = None) -> Own:
        return self


def saved(folder: Path, model: object) -> Model:
    path = folder / "model.joblib"
    joblib.dump(model, path)
    return Model(id="model", path=path, inspection=inspect(path))


@pytest.mark.parametrize(
    "model",
    [
        Ridge().fit(X, Y),
        make_pipeline(StandardScaler(), RandomForestRegressor(n_estimators=3)).fit(X, Y),
        TfidfVectorizer().fit(["one two", "two three"]),
    ],
)
def test_models_of_arrays_and_texts_do_without(tmp_path: Path, model: object) -> None:
    assert not needs_pandas([saved(tmp_path, model)], None, None)


@pytest.mark.parametrize(
    "model",
    [
        Ridge().fit(FRAME, Y),
        make_pipeline(StandardScaler(), Ridge()).fit(FRAME, Y),
        make_pipeline(ColumnTransformer([("s", StandardScaler(), [0])]), Ridge()).fit(X, Y),
        make_pipeline(FunctionTransformer(), Ridge()).fit(X, Y),
        make_pipeline(StandardScaler().set_output(transform="pandas"), Ridge()).fit(X, Y),
        make_pipeline(Own(), Ridge()),
        {"model": Ridge().fit(X, Y), "columns": FRAME},
    ],
)
def test_models_that_may_take_a_frame_need_it(tmp_path: Path, model: object) -> None:
    assert needs_pandas([saved(tmp_path, model)], None, None)


@pytest.mark.parametrize(
    ("data", "needs"),
    [("x.csv", True), ("x.CSV", True), ("x.parquet", True), ("x.npy", False), ("x.txt", False)],
)
def test_tables_need_it(tmp_path: Path, data: str, needs: bool) -> None:
    models = [saved(tmp_path, Ridge().fit(X, Y))]
    assert needs_pandas(models, Path(data), None) is needs
    assert needs_pandas(models, None, Path("expected.csv"))


def test_one_model_that_needs_it_is_enough(tmp_path: Path) -> None:
    """The models of a call share their environments."""
    plain = saved(tmp_path, Ridge().fit(X, Y))
    named = saved(tmp_path, Ridge().fit(FRAME, Y))
    unreadable = Model(id="text", path=Path("text"), inspection=None)
    assert needs_pandas([plain, named], None, None)
    assert not needs_pandas([plain, unreadable], None, None)
