"""A writer adds rows where the fitted model decides, and only rows that every release accepts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compat_worker import added_rows, evidence, evidence_rows, output_methods
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.cluster import MeanShift, MiniBatchKMeans
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OutputCodeClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

X = np.random.RandomState(0).normal(size=(120, 3)).astype(np.float32).astype(np.float64)
Y = (X[:, 0] * X[:, 1] > X[:, 2]).astype(int)
DECLARED = X[:30]


def added(model: Any, declared: Any = DECLARED, trained: Any = X) -> tuple[Any, int]:
    names = output_methods.available(model)
    rows, n = added_rows.add(model, trained, declared, names, output_methods.call)
    return rows, n


def score(model: Any, rows: Any) -> float:
    found = evidence.measure(lambda: model, rows, evidence_rows.pool_of(rows.shape[0]))
    return float(found["noticed"] / found["live"])


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(random_state=0).fit(X, Y),
        RandomForestRegressor(5, random_state=0).fit(X, Y),
        make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)).fit(X, Y),
        KNeighborsRegressor().fit(X, X[:, 0]),
    ],
    ids=["tree", "forest", "tree behind a scaler", "neighbours"],
)
def test_added_rows_notice_what_the_declared_ones_do_not(model: Any) -> None:
    rows, n = added(model)
    assert n > 0
    assert np.array_equal(rows[: len(DECLARED)], DECLARED)
    assert score(model, DECLARED) < 0.9
    assert score(model, rows) >= 0.95


def test_each_threshold_of_a_tree_has_rows_on_both_of_its_sides() -> None:
    model = DecisionTreeClassifier(random_state=0).fit(X, Y)
    rows, _ = added(model)
    tree = model.tree_
    for feature, threshold in zip(tree.feature, tree.threshold, strict=True):
        if feature < 0:
            continue
        values = rows[:, feature].astype(np.float32)
        below = values[values <= threshold].max()
        above = values[values > threshold].min()
        assert np.nextafter(below, np.float32(np.inf)) == above


def test_rows_near_a_decision_of_clusters_are_added() -> None:
    model = MeanShift().fit(X)
    rows, n = added(model)
    assert n > 0
    assert score(model, rows) > score(model, DECLARED)


def test_added_rows_stay_within_the_data_and_have_no_missing_value() -> None:
    rows, n = added(RandomForestClassifier(3, random_state=0).fit(X, Y))
    new = rows[-n:]
    assert np.isfinite(new).all()
    assert (new >= X.min(axis=0)).all()
    assert (new <= X.max(axis=0)).all()


def test_whole_numbers_stay_whole_and_keep_their_type() -> None:
    whole = np.round(4 * X).astype(np.int64)
    rows, n = added(DecisionTreeClassifier(random_state=0).fit(whole, Y), whole[:30], whole)
    assert n > 0
    assert rows.dtype == np.int64


def test_a_model_in_single_precision_gets_rows_in_single_precision() -> None:
    single = X.astype(np.float32)
    rows, n = added(MiniBatchKMeans(3, n_init=1, random_state=0).fit(single), single[:30], single)
    assert n > 0
    assert rows.dtype == np.float32


def test_a_model_that_shows_only_labels_gets_rows_next_to_its_boundaries() -> None:
    model = OutputCodeClassifier(LogisticRegression(), random_state=0).fit(X, Y)
    rows, n = added(model)
    assert n > 0
    assert score(model, rows) >= 0.9 > score(model, DECLARED)


def test_sparse_rows_stay_sparse() -> None:
    rows, n = added(
        DecisionTreeClassifier(random_state=0).fit(csr_matrix(X), Y), csr_matrix(X[:30])
    )
    assert n > 0
    assert rows.format == "csr"


def test_a_model_that_decides_everywhere_alike_gets_no_rows() -> None:
    assert (
        added(LinearRegression().fit(X, Y)) == (DECLARED, 0)
        or added(LinearRegression().fit(X, Y))[1] == 0
    )
    assert added(MultinomialNB().fit(abs(X), Y), abs(DECLARED))[1] == 0


def test_documents_with_each_word_of_the_vocabulary_are_added() -> None:
    texts = [f"common w{place} w{place + 1}" for place in range(60)]
    model = TfidfVectorizer().fit(texts)
    rows, n = added(model, texts[:5], texts)
    assert n > 0
    assert rows[:5] == texts[:5]
    assert set(" ".join(rows).split()) >= set(model.vocabulary_)


class Picky(DecisionTreeClassifier):
    """Accepts no rows but those that were declared."""

    def predict(self, X: Any, check_input: bool = True) -> Any:
        if not set(map(tuple, np.asarray(X))) <= set(map(tuple, DECLARED)):
            raise ValueError("these rows were not declared")
        return super().predict(X, check_input)


def test_rows_that_a_method_refuses_are_not_added() -> None:
    rows, n = added(Picky(random_state=0).fit(X, Y))
    assert n == 0
    assert rows is DECLARED


class Fragile(BaseEstimator):
    """Must not be copied: what is not asked to decide anywhere is left alone."""

    def fit(self, X: Any, y: Any = None) -> Any:
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X))

    def __deepcopy__(self, memo: Any) -> Any:
        raise SystemExit("copied")


def test_a_model_without_added_rows_is_not_copied() -> None:
    assert added(Fragile().fit(X))[1] == 0


def test_the_random_state_of_the_model_does_not_advance() -> None:
    class Random(DecisionTreeClassifier):
        calls = 0

        def predict(self, X: Any, check_input: bool = True) -> Any:
            self.calls += 1
            return super().predict(X, check_input)

    model = Random(random_state=0).fit(X, Y)
    added(model)
    assert model.calls == 0
