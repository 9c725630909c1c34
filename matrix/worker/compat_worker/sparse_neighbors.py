"""Rows between the sparse rows that a model of neighbours keeps; nothing of their width is dense.

A row between two kept rows has both of them among its nearest. Its cost is that of the values that
the two rows have, and not that of all features.
"""

import contextlib
from typing import Any, Optional

import numpy as np

from compat_worker import input_spec

MAX_CELLS = 2000000
"""Values that are not zero in all rows together, at most."""

MAX_DISTANCES = 2000000
"""Distances between all rows and all kept ones, at most."""

SHARE = 0.375
"""How far a row lies from one kept row to the other: not half-way, where rounding decides."""


def last_kept(model: Any) -> Any:
    """The sparse rows that the last step of a model keeps, as it keeps them; None for others."""
    steps = input_spec.steps_of(model)
    rows = input_spec.get(model if steps is None else steps[-1], "_fit_X")
    return rows.tocsr() if hasattr(rows, "tocsr") and rows.shape[0] else None


def between(model: Any, most: int, seed: int) -> Optional[Any]:
    """Rows between kept ones, as the model takes them; None if they are unknown.

    Args:
        model: a fitted estimator.
        most: number of rows, at most.
        seed: of the random state.

    Returns:
        A sparse matrix. As long as there is room, each kept row is near one of its rows.
    """
    kept = last_kept(model)
    if kept is None or kept.dtype.kind != "f" or kept.shape[0] < 2:
        return None
    n = min(most, MAX_DISTANCES // kept.shape[0], kept.shape[0])
    n = min(n, int(MAX_CELLS // max(1.0, 2.0 * kept.nnz / kept.shape[0])))
    order = np.random.RandomState(seed + 300).permutation(kept.shape[0])
    one = order[:n]
    other = np.roll(order, -n)[:n]  # other rows, as long as there are any
    other = np.where(one == other, np.roll(order, -1)[:n], other)
    if not n:
        return None
    with contextlib.suppress(Exception):  # a step that has no way back
        return _rounded(_before(model, kept[one] * (1.0 - SHARE) + kept[other] * SHARE))
    return None


_KEEPS = {"Normalizer"}
"""Steps that change no row that they have changed before, but for its length."""


def _before(model: Any, rows: Any) -> Any:
    """Rows as the first step of a model takes them, from rows as the last one does."""
    for step in reversed((input_spec.steps_of(model) or [])[:-1]):
        if step is None or isinstance(step, str) or input_spec.class_names(step) & _KEEPS:
            continue
        rows = step.inverse_transform(rows)
    return rows.tocsr()


def _rounded(rows: Any) -> Any:
    """The rows in single precision, as all made rows are, and without zeros that are stored."""
    rows = rows.astype(np.float32).astype(np.float64)
    rows.eliminate_zeros()
    rows.sort_indices()
    return rows
