"""Columns of which a model shows nothing are tried as numbers, as texts and as dates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import column_kinds, feature_inference, row_making
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

TABLE = pd.DataFrame(
    {
        "age": [20.0, 30, 40, 50, 60, 70],
        "city": ["Oslo", "Rome", "Berlin", "Oslo", "Rome", "Berlin"],
        "opened": [f"2023-0{month}-01" for month in range(1, 7)],
    }
)
Y = np.array([0, 1, 0, 1, 1, 0])


class OwnStep(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, X: Any, y: Any = None) -> OwnStep:
        self.n_features_in_ = X.shape[1]
        return self


class Lengths(OwnStep):
    """Takes texts alone, and keeps nothing of them."""

    def transform(self, X: Any) -> Any:
        return np.array([[len(text.strip()) for text in row] for row in np.asarray(X)])


class Shares(OwnStep):
    """Takes anything, and knows some texts that it keeps in a way of its own."""

    def fit(self, X: Any, y: Any = None) -> Shares:
        texts = np.asarray(X)[:, 0].tolist()
        self.state_ = {"seen": sorted({(text, 1 + texts.index(text) % 3) for text in texts})}
        return super().fit(X)  # type: ignore[return-value]

    def transform(self, X: Any) -> Any:
        known = dict(self.state_["seen"])
        return np.array([[known.get(value, 0)] for value in np.asarray(X)[:, 0].tolist()])


class ByColumn(OwnStep):
    """Keeps a dictionary for each column, in a list."""

    def fit(self, X: Any, y: Any = None) -> ByColumn:
        self.codes = [{text: n for n, text in enumerate(sorted(set(one)))} for one in X.T]
        return super().fit(X)  # type: ignore[return-value]

    def transform(self, X: Any) -> Any:
        return np.array(
            [[one.get(text, -1) for one, text in zip(self.codes, row, strict=True)] for row in X]
        )


class ByName(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Takes columns by name, and keeps no names."""

    def fit(self, X: Any, y: Any = None) -> ByName:
        return self

    def transform(self, X: Any) -> Any:
        month = pd.to_datetime(X["opened"]).dt.month
        return np.column_stack([X["age"], X.city == "Oslo", month])


def model_of(step: Any, table: Any) -> Any:
    return make_pipeline(step, LinearRegression()).fit(table, Y)


def rows_of(model: Any) -> Any:
    made = row_making.make_rows(model, 60)
    assert len(np.unique(model.predict(made.rows))) > 1
    return made.rows


@pytest.mark.parametrize("step", [Lengths(), Shares(), ByColumn()], ids=lambda one: repr(one))
def test_a_column_holds_texts_where_only_these_work_or_change_the_output(step: Any) -> None:
    model = model_of(step, TABLE[["city"]].to_numpy())
    texts = {value for value in np.asarray(rows_of(model))[:, 0] if isinstance(value, str)}
    assert len(texts) > 1
    if not isinstance(step, Lengths):
        assert {"Oslo", "Rome", "Berlin"} <= texts


def test_a_column_of_numbers_stays_one_beside_a_column_of_texts() -> None:
    class Both(OwnStep):
        def transform(self, X: Any) -> Any:
            return np.array([[float(age), len(city.strip())] for age, city in np.asarray(X)])

    rows = np.asarray(rows_of(model_of(Both(), TABLE[["age", "city"]].to_numpy())))
    assert {type(age) for age in rows[:, 0]} <= {float, int}


def test_columns_that_a_model_takes_by_name_are_found() -> None:
    rows = rows_of(model_of(ByName(), TABLE))
    assert sorted(rows.columns) == ["age", "city", "opened"]
    assert {"Oslo"} < set(rows["city"].dropna())
    assert set(rows["opened"].dropna()) <= set(column_kinds.DATES)
    assert rows["age"].dtype.kind == "f"


def in_german(table: Any) -> Any:
    return table.rename(columns={"age": "alter", "city": "stadt"})


@pytest.mark.parametrize("renames", ["function", "prefix"])
def test_what_a_step_knows_is_traced_back_through_other_names(renames: str) -> None:
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    if renames == "function":
        steps: list[Any] = [FunctionTransformer(in_german)]
        names = ["alter", "stadt"]
    else:
        keep = ColumnTransformer([("k", "passthrough", ["age", "city"])])
        steps, names = [keep.set_output(transform="pandas")], ["k__age", "k__city"]
    columns = ColumnTransformer([("n", StandardScaler(), names[:1]), ("c", encoder, names[1:])])
    model = make_pipeline(*steps, columns, LinearRegression()).fit(TABLE[["age", "city"]], Y)
    known = feature_inference.infer(model)
    assert known is not None
    assert known.names == ["age", "city"]
    assert known.columns[0].centre == 45
    assert known.columns[1].categories == ["Berlin", "Oslo", "Rome"]


def test_nothing_is_tried_where_all_code_is_that_of_scikit_learn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(column_kinds, "settle", None)
    row_making.make_rows(LinearRegression().fit(TABLE[["age"]], Y), 20)


def test_columns_that_histogram_boosting_puts_in_another_order_keep_what_is_known_of_them() -> None:
    table = pd.concat([TABLE[["age", "city"]]] * 10, ignore_index=True)
    table["city"] = table["city"].astype("category")
    boosting = HistGradientBoostingClassifier(max_iter=3, categorical_features="from_dtype")
    known = feature_inference.infer(boosting.fit(table, np.tile(Y, 10)))
    assert known is not None
    age, city = known.columns
    assert age.numeric
    assert age.categories is None
    assert city.categories == ["Berlin", "Oslo", "Rome"]
    assert not city.numeric
