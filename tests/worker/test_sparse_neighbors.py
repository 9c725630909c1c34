"""Models that keep wide sparse rows get rows near them, at the cost of the values in these rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compat_worker import input_model, output_methods, row_making, sparse_neighbors
from scipy import sparse
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

WIDTH, KEPT = 61_000, 40
TEXTS = sparse.random(KEPT, WIDTH, density=30 / WIDTH, random_state=0, format="csr")
MODELS = {
    "search": NearestNeighbors(n_neighbors=3).fit(TEXTS),
    "classifier": KNeighborsClassifier(3).fit(TEXTS, np.arange(KEPT) % 3),
    "scaled": make_pipeline(MaxAbsScaler(), KNeighborsClassifier(3)).fit(
        TEXTS, np.arange(KEPT) % 3
    ),
}


@pytest.fixture(params=MODELS, name="model")
def _model(request: pytest.FixtureRequest) -> Any:
    return MODELS[request.param]


def test_rows_are_made_near_each_kept_row_and_few_of_their_values_are_set(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = sparse.csr_matrix.toarray

    def toarray(self: Any, *args: Any, **keywords: Any) -> Any:
        assert self.shape[1] < WIDTH, "rows of all features are dense"
        return original(self, *args, **keywords)

    monkeypatch.setattr(sparse.csr_matrix, "toarray", toarray)
    made = row_making.make_rows(model, 50)
    assert made.rows.shape == (made.n, WIDTH)
    assert made.kinds[input_model.BETWEEN_SPARSE] == KEPT
    assert sum(made.kinds.values()) == made.n
    assert made.rows.nnz < 200 * made.n


def test_a_change_in_any_kept_row_is_noticed() -> None:
    model = NearestNeighbors(n_neighbors=1).fit(TEXTS)
    rows = row_making.make_rows(model, 20).rows
    before = output_methods.call(model, "kneighbors", rows)
    kept = model._fit_X
    for row in range(KEPT):
        place = kept.indptr[row]
        value = kept.data[place]
        kept.data[place] = value * 1.01
        after = output_methods.call(model, "kneighbors", rows)
        kept.data[place] = value
        assert not np.array_equal(before[0], after[0]), row


def test_rows_between_kept_ones_are_undone_through_a_scaler() -> None:
    model = MODELS["scaled"]
    near = sparse_neighbors.between(model, 5, seed=0)
    again = sparse_neighbors.between(model[-1], 5, seed=0)
    assert near is not None
    assert again is not None
    difference = model[0].transform(near) - again
    assert abs(difference).max() < 1e-6


def test_the_cost_is_bounded_by_the_values_and_by_the_distances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = MODELS["search"]
    monkeypatch.setattr(sparse_neighbors, "MAX_DISTANCES", 7 * KEPT)
    few = sparse_neighbors.between(model, 2000, seed=0)
    assert few is not None
    assert few.shape[0] == 7
    monkeypatch.setattr(sparse_neighbors, "MAX_CELLS", 200)
    fewer = sparse_neighbors.between(model, 2000, seed=0)
    assert fewer is not None
    assert fewer.nnz <= 200


@pytest.mark.parametrize(
    "model",
    [
        NearestNeighbors().fit(np.ones((3, 2))),
        NearestNeighbors(n_neighbors=1).fit(TEXTS[:1]),
        MaxAbsScaler().fit(TEXTS),
    ],
    ids=["dense", "one row", "no rows"],
)
def test_other_models_get_none_of_these_rows(model: Any) -> None:
    assert sparse_neighbors.between(model, 10, seed=0) is None
