"""The cost of rows grows with the number of features, not with its square."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compat_worker import (
    feature_inference,
    input_model,
    output_changes,
    probe_rows,
    row_making,
)
from compat_worker.estimator_rules import SAMPLE
from compat_worker.input_model import Column, InputModel
from scipy import sparse
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)

WIDTH = 20_000
RANDOM = np.random.RandomState(0)
WIDE = RANDOM.normal(size=(12, WIDTH)) + 3.0
LABELS = np.arange(12) % 2


def test_a_model_of_many_features_gets_fewer_rows_and_says_so() -> None:
    model = SGDClassifier(max_iter=2, tol=None, random_state=0).fit(WIDE, LABELS)
    made = row_making.make_rows(model, 200)
    most = 2_000_000 // WIDTH
    assert made.fewer == {"rows": most, "of": "features", "count": WIDTH}
    assert made.rows.shape == (made.n, WIDTH)
    assert most <= made.n <= 2 * most
    assert len(np.unique(model.predict(made.rows))) == 2


def test_a_model_of_few_features_gets_all_rows() -> None:
    model = LogisticRegression().fit(WIDE[:, :5], LABELS)
    assert row_making.make_rows(model, 200).fewer is None


def test_the_cells_that_a_wide_model_is_called_with_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = SGDClassifier(max_iter=2, tol=None, random_state=0).fit(WIDE, LABELS)
    cells = []
    original = SGDClassifier.decision_function

    def counted(self: Any, X: Any) -> Any:
        cells.append(X.shape[0] * X.shape[1])
        return original(self, X)

    monkeypatch.setattr(SGDClassifier, "decision_function", counted)
    row_making.make_rows(model, 200)
    assert sum(cells) < 40 * 2_000_000


def test_drawn_rows_are_as_sparse_as_those_that_a_wide_model_keeps_and_it_says_so() -> None:
    texts = sparse.random(60, WIDTH, density=30 / WIDTH, random_state=0, format="csr")
    model = KNeighborsClassifier(algorithm="brute").fit(texts, np.arange(60) % 3)
    made = row_making.make_rows(model, 200)
    assert input_model.SPARSE in made.kinds
    assert input_model.PLAIN not in made.kinds
    drawn = made.rows[: made.kinds[input_model.SPARSE]]
    assert 10 * drawn.shape[0] < drawn.nnz < 40 * drawn.shape[0]
    assert made.rows.nnz < 60 * made.n
    assert len(np.unique(model.predict(made.rows))) > 1


def test_rows_for_a_narrow_sparse_model_are_full() -> None:
    narrow = sparse.random(60, 50, density=0.1, random_state=0, format="csr")
    made = row_making.make_rows(KNeighborsClassifier().fit(narrow, np.arange(60) % 3), 50)
    assert input_model.SPARSE not in made.kinds


@pytest.mark.parametrize("scaler", [StandardScaler, RobustScaler, MinMaxScaler, MaxAbsScaler])
def test_one_of_many_features_is_scaled_back_alone_and_to_the_same_values(
    scaler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = scaler().fit(WIDE)
    given: Any = [input_model.Feature(input_model.Column()) for _ in range(WIDTH)]
    values = np.array([-1.5, 0.0, 0.25])
    rows = np.zeros((3, WIDTH))
    rows[:, 7] = values
    whole = fitted.inverse_transform(rows)[:, 7]
    monkeypatch.setattr(scaler, "inverse_transform", None)
    after = feature_inference._features_after(fitted, given)
    assert after[7] is not None
    assert np.array_equal(after[7].to_column(values), whole)


def test_a_wide_scaled_model_is_not_scaled_back_as_a_whole_for_each_feature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2)).fit(WIDE, LABELS)
    calls = []
    original = StandardScaler.inverse_transform

    def counted(self: Any, X: Any) -> Any:
        calls.append(X)
        return original(self, X)

    monkeypatch.setattr(StandardScaler, "inverse_transform", counted)
    known = feature_inference.infer(model)
    assert known is not None
    assert all(column.is_known for column in known.columns)
    assert not calls


def test_missing_values_of_many_columns_are_tried_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sklearn.impute import SimpleImputer

    model = SimpleImputer().fit(WIDE[:, :1000])
    calls = []
    original = SimpleImputer.transform

    def counted(self: Any, X: Any) -> Any:
        calls.append(len(X))
        return original(self, X)

    monkeypatch.setattr(SimpleImputer, "transform", counted)
    made = row_making.make_rows(model, 200)
    assert made.kinds[input_model.MISSING] > SAMPLE // 4
    assert len(calls) < 2 * row_making.MAX_GAP_CALLS


@pytest.mark.parametrize(("accepts", "most"), [(True, 1), (False, 16)])
def test_missing_values_of_a_wide_table_cost_few_tables(accepts: bool, most: int) -> None:
    calls = []

    class Wide:
        def predict(self, X: Any) -> Any:
            calls.append(1)
            if not accepts and np.isnan(X).any():
                raise ValueError("missing")
            return X[:, 0]

    width = 2 * row_making.MAX_GAP_COLUMNS // 30
    columns = [Column(None) for _ in range(width)]
    for column in columns:
        column.specials[input_model.MISSING] = [[np.nan]]
    trial = row_making._Trial(Wide(), InputModel(columns, "table", False), "array", "predict")
    trial.drop_missing_values()
    assert len(calls) <= most
    assert [input_model.MISSING in one.specials for one in columns] == [accepts] * width


def test_each_of_many_categories_is_known_once() -> None:
    names = np.array([[f"c{number}"] for number in range(WIDTH)], dtype=object)
    known = feature_inference.infer(OneHotEncoder(handle_unknown="ignore").fit(names))
    assert known is not None
    assert known.columns[0].categories == sorted(names[:, 0])
    assert len(known.columns[0].specials[input_model.CATEGORY]) == WIDTH


def test_a_method_that_returns_much_for_each_row_gets_fewer_rows() -> None:
    encoder = OneHotEncoder(handle_unknown="ignore").fit(np.arange(WIDTH * 4)[:, None])
    encoder.set_params(**{"sparse_output": False} if hasattr(encoder, "sparse_output") else {})
    made = row_making.make_rows(encoder, 200)
    assert made.fewer == {"rows": 75, "of": "outputs", "count": 80_000}


def test_a_sparse_output_is_compared_with_its_first_row_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output_changes, "DENSE_ENTRIES", 50)
    same = sparse.csr_matrix(np.tile([0.0, 1.0, 0.0, 2.0], (60, 1)))
    assert output_changes.is_constant(same)
    other = same.tolil()
    other[59, 2] = 1.0
    assert not output_changes.is_constant(other.tocsr())


def test_whole_numbers_of_many_columns_are_drawn_together() -> None:
    known = input_model.InputModel([input_model.Column() for _ in range(WIDTH)], "table", False)
    for place, column in enumerate(known.columns):
        column.whole, column.counts = place % 2 == 0, place % 2 == 1
        column.centre, column.spread = 50.0, 4.0
    rows = np.stack(probe_rows.typical_rows(known, np.random.RandomState(0), 30), axis=1)
    assert np.array_equal(rows, np.round(rows))
    assert rows[:, 1::2].min() == 0.0
    assert abs(rows[:, 0::2].mean() - 50.0) < 0.1
    assert 3.5 < rows[:, 0::2].std() < 4.5
