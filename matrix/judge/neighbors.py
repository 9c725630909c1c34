"""Compare neighbors whose distances are equal: which of them may differ, and in which rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 0.5
"""The share of rows that ties may explain; beyond it the neighbors are other ones."""


def differing(
    distances: NDArray[np.floating],
    before: NDArray[np.integer],
    after: NDArray[np.integer],
    *,
    rtol: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which rows have other neighbors, though their distances are the same.

    Neighbors at one distance may come in any order, and of those at the largest distance of a row
    some may be left out: which ones depends on the processor alone. All nearer ones must be the
    same, as a set.

    Args:
        distances: of shape (rows, neighbors), ascending in each row.
        before, after: the indices of the neighbors, of the same shape.
        rtol: distances that differ by less, relative to the larger one, are equal.

    Returns:
        Two masks over the rows: those in which a nearer neighbor differs, and those in which
        neighbors differ at the largest distance alone.
    """
    nearer = distances < distances[:, -1:] * (1 - rtol)
    same_nearer = _same_sets(np.where(nearer, before, -1), np.where(nearer, after, -1))
    return ~same_nearer, same_nearer & ~_same_sets(before, after)


def _same_sets(left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = (np.sort(left, axis=1) == np.sort(right, axis=1)).all(axis=1)
    return equal
