"""The columns that steps take, as old encoders keep them, and as an index of pandas."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from compat_worker import feature_inference, input_spec, row_making
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

ROWS = pd.DataFrame({"age": [20.0, 30.0, 40.0, 60.0], "sex": ["f", "m", "m", "f"]})


def test_columns_chosen_by_an_index_of_pandas_are_known() -> None:
    numbers, texts = ROWS.select_dtypes("number").columns, ROWS.columns[1:]
    columns = ColumnTransformer([("n", StandardScaler(), numbers), ("t", OrdinalEncoder(), texts)])
    model = make_pipeline(columns, LogisticRegression()).fit(ROWS, [0, 1, 0, 1])
    # As a file of the release that keeps the index has it; others make a list of it.
    columns.transformers_[:] = [
        (name, part, pd.Index(list(chosen))) for name, part, chosen in columns.transformers_
    ]
    known = feature_inference.infer(model)
    assert known is not None
    assert known.columns[1].categories == ["f", "m"]
    assert input_spec.positions(pd.Index(["sex"]), ["age", "sex"]) == [1]


def test_whole_categories_stay_whole_beside_a_missing_value() -> None:
    """Each row was accepted alone, and none together with one in which the number is missing."""
    rows = pd.DataFrame({"class": [1, 2, 3, 1, 2, 3], "age": [20.0, 30.0, 40.0, 60.0, 25.0, 35.0]})
    coded = make_pipeline(SimpleImputer(strategy="most_frequent"), OrdinalEncoder())
    columns = ColumnTransformer([("c", coded, ["class"]), ("n", SimpleImputer(), ["age"])])
    forest = RandomForestClassifier(5, random_state=0)
    model = make_pipeline(columns, forest).fit(rows, [0, 1, 0, 1, 1, 0])
    made = row_making.make_rows(model, 60)
    assert made.rows["class"].isna().any()
    assert set(made.rows["class"].dropna()) == {1.0, 2.0, 3.0}
    assert len(model.predict(made.rows)) == made.n


def test_a_union_has_the_columns_of_its_parts() -> None:
    """FeatureUnion of scikit-learn 1.1 has no names of its own."""
    parts = [("n", StandardScaler(), ["age"])], [("t", OrdinalEncoder(), ["sex"])]
    inner = [(str(at), ColumnTransformer(part).fit(ROWS)) for at, part in enumerate(parts)]
    union = SimpleNamespace(n_features_in_=2, transformer_list=[("no", StandardScaler()), *inner])
    model = SimpleNamespace(steps=[("union", union), ("last", SimpleNamespace(n_features_in_=5))])
    assert input_spec.feature_names(union) == ["age", "sex"]
    assert input_spec.feature_names(SimpleNamespace(best_estimator_=model)) == ["age", "sex"]


class Encoder:
    """An encoder as category_encoders 2.0 makes one: only names of outputs, and a count of inputs.

    Args:
        own: the names that it keeps.
        inner: those of the encoder in it, if it has one.
    """

    def __init__(self, own: list[str], inner: list[str] | None = None) -> None:
        self._dim = 2
        self.feature_names = own
        if inner is not None:
            self.ordinal_encoder = SimpleNamespace(feature_names=inner)


@pytest.mark.parametrize(
    ("own", "inner", "expected"),
    [
        (["age", "sex_f", "sex_m"], ["age", "sex"], ["age", "sex"]),
        (["age", "sex"], None, ["age", "sex"]),
        (["sex_f", "sex_m", "sex_x"], None, None),
    ],
)
def test_an_old_encoder_shows_its_inputs(
    monkeypatch: pytest.MonkeyPatch, own: list[str], inner: Any, expected: Any
) -> None:
    monkeypatch.setattr(Encoder, "__module__", "category_encoders.one_hot")
    step = Encoder(own, inner)
    last = SimpleNamespace(n_features_in_=5)
    model = SimpleNamespace(steps=[("encoder", step), ("last", last)])
    assert input_spec.feature_names(model) == expected
