"""Made rows are added to given ones where they fit, and given rows stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import evidence_rows
from compat_worker.row_making import MadeRows
from scipy.sparse import csr_matrix
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

FLOATS = np.array([[1.0, 2.5], [3.0, 4.0]])
WHOLE = np.array([[1, 2], [3, 4]])
WORDS = np.array([["a", None], ["b", "c"]], dtype=object)
FRAME = pd.DataFrame({"age": [1.0, 2.0], "city": np.array(["a", "b"], dtype=object)})


@pytest.mark.parametrize(
    ("given", "made", "fits"),
    [
        (FLOATS, FLOATS + 1.0, True),
        (FLOATS.astype(np.float32), FLOATS, True),
        (FLOATS, WHOLE, True),
        (WHOLE, WHOLE.astype(float), True),
        (WHOLE, FLOATS, False),
        (WORDS, WORDS, True),
        (FLOATS, FLOATS[:, :1], False),
        (FLOATS, FRAME, False),
        (FRAME, FRAME, True),
        (FRAME, FRAME.rename(columns={"age": "years"}), False),
        (["a text"], ["another"], True),
        (["a text"], [{"a": 1}], False),
    ],
)
def test_rows_are_appended_if_no_given_row_changes(given: Any, made: Any, fits: bool) -> None:
    joined = evidence_rows.appended(given, made)
    assert (joined is not None) is fits
    if joined is not None:
        assert len(joined) == len(given) + len(made)
        first = joined[: len(given)]
        if isinstance(given, pd.DataFrame):
            pd.testing.assert_frame_equal(first, given)
        else:
            assert type(first) is type(given)
            assert np.array_equal(first, given)
            assert getattr(first, "dtype", None) == getattr(given, "dtype", None)


def test_sparse_rows_are_appended() -> None:
    joined = evidence_rows.appended(csr_matrix(FLOATS), csr_matrix(FLOATS * 2))
    assert np.array_equal(joined.toarray(), np.concatenate([FLOATS, FLOATS * 2]))


def test_made_rows_are_added_only_where_they_raise_the_score() -> None:
    X, y = load_iris(return_X_y=True)

    def load() -> Any:
        return DecisionTreeClassifier(random_state=0).fit(X, y)

    def chosen(rows: Any, *, add: bool = True) -> tuple[MadeRows, dict[str, Any]]:
        given = MadeRows(rows, {"from rows.csv": len(rows)}, {}, len(rows))
        found: tuple[MadeRows, dict[str, Any]] = evidence_rows.of_given_rows(
            load, given, 100, add, None
        )
        return found

    few, weak = chosen(X[:20], add=False)
    assert few.n == 20
    assert weak["noticed"] < 0.5 * weak["live"]
    more, better = chosen(X[:20])
    assert np.array_equal(more.rows[:20], X[:20])
    assert more.n == len(more.rows) == sum(more.kinds.values()) > 100
    assert better["by_source"] == {"data": 20, "model": more.n - 20}
    assert better["noticed"] >= 0.9 * better["live"]
    with_edges = np.concatenate([X, more.rows[20:]])
    enough, strong = chosen(with_edges)
    assert enough.n == len(with_edges)
    assert strong["by_source"] == {"data": len(with_edges)}
