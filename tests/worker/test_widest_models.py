"""Very wide models get rows with values in the features that they use; nothing wide is dense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compat_worker import evidence, evidence_rows, feature_inference, row_making, widest_models
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

WIDTH = 300_000
USED = np.array([5, 70_000, 150_000, 299_999])


def rows() -> Any:
    """Rows in which four features have values."""
    values = np.random.RandomState(0).random_sample((80, len(USED)))
    narrow = sparse.csr_matrix(values)
    return sparse.csr_matrix((narrow.data, USED[narrow.indices], narrow.indptr), (80, WIDTH))


LABELS = (rows()[:, 70_000].toarray().ravel() > 0.5).astype(int)
MODELS = [
    RandomForestClassifier(5, max_features=None, random_state=0).fit(rows(), LABELS),
    LogisticRegression().fit(rows(), LABELS),
    make_pipeline(MaxAbsScaler(), LogisticRegression()).fit(rows(), LABELS),
]


@pytest.fixture(autouse=True)
def nothing_wide_is_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    original = sparse.csr_matrix.toarray

    def toarray(self: Any, *args: Any, **keywords: Any) -> Any:
        assert self.shape[1] < WIDTH
        return original(self, *args, **keywords)

    monkeypatch.setattr(sparse.csr_matrix, "toarray", toarray)


@pytest.mark.parametrize("model", MODELS, ids=["forest", "linear", "scaled"])
def test_rows_have_values_in_the_features_that_count(model: Any) -> None:
    made = row_making.make_rows(model, 50)
    assert made.rows.shape == (made.n, WIDTH)
    used = np.unique(made.rows.nonzero()[1])
    assert 70_000 in used
    assert set(used) <= set(USED)
    assert set(model.predict(made.rows)) == {0, 1}


@pytest.mark.parametrize("model", MODELS[:2], ids=["forest", "linear"])
def test_the_evidence_of_such_rows_is_measured(model: Any) -> None:
    made = row_making.make_rows(model, 50)
    found = evidence_rows.of_made_rows(lambda: model, made, made.rows, None)
    assert found["leaves"] == found["reached"]
    assert found["live"]
    assert found["noticed"] >= 0.9 * found["live"]


def test_leaves_of_sparse_rows_are_those_of_the_same_rows_as_an_array() -> None:
    narrow = rows()[:, USED].tocsr()
    forest = RandomForestClassifier(5, random_state=0).fit(narrow, LABELS)
    for wide in (MODELS[0], forest):
        leaves, reached = evidence.count_leaves(wide, rows() if wide is MODELS[0] else narrow)
        assert reached == leaves


def test_a_model_that_says_nothing_of_its_features_gets_some_of_them() -> None:
    known = feature_inference.infer(MaxAbsScaler().fit(rows()))
    assert known is not None
    assert known.width == WIDTH
    assert 100 < len(known.columns) <= widest_models.MOST_FEATURES
