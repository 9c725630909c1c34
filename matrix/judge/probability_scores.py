"""How well probabilities and decision values rank and fit the true classes.

Pure numpy, like :mod:`matrix.judge.scores`, with the same numbers as ``sklearn.metrics``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SUM = 1e-3
"""How far the probabilities of a row may be from adding up to 1."""


def log_loss(codes: NDArray[np.int64], probabilities: NDArray[Any]) -> float | None:
    """Return the mean negative logarithm of the probability that each row gave its true class.

    Args:
        codes: of shape (rows,): the column of the true class of each row.
        probabilities: of shape (rows, classes).

    Returns:
        None if the rows are no probabilities: a number is missing, or they do not add up to 1.
    """
    if not _are_probabilities(probabilities):
        return None
    eps = np.finfo(probabilities.dtype).eps
    chosen = probabilities[np.arange(len(codes)), codes]
    return float(-np.log(np.clip(chosen, eps, 1 - eps)).mean())


def roc_auc(codes: NDArray[np.int64], values: NDArray[Any]) -> float | None:
    """Return the area under the ROC curve; of several classes, the mean of one against the rest.

    Args:
        codes: of shape (rows,): the column of the true class of each row.
        values: of shape (rows,) for two classes: larger for the second. Or of shape (rows,
            classes): the probability of each class.

    Returns:
        None if a class has no row, a number is missing, or values of several classes are no
        probabilities.
    """
    if not len(values) or not np.isfinite(values).all():
        return None
    if values.ndim == 2 and values.shape[1] == 2:
        values = values[:, 1]
    if values.ndim == 1:
        return _area(codes == 1, values)
    if not _are_probabilities(values):
        return None
    areas = [_area(codes == code, values[:, code]) for code in range(values.shape[1])]
    known = [area for area in areas if area is not None]
    return sum(known) / len(known) if len(known) == len(areas) else None


def _are_probabilities(values: NDArray[Any]) -> bool:
    if values.ndim != 2 or values.dtype.kind != "f" or not values.size:
        return False
    with np.errstate(invalid="ignore"):
        apart = np.abs(values.sum(axis=1) - 1)
        return bool(np.isfinite(values).all() and (values >= 0).all() and (apart <= _SUM).all())


def _area(positive: NDArray[np.bool_], values: NDArray[Any]) -> float | None:
    """Return the share of pairs that are in the right order; equal values count half."""
    first = int(positive.sum())
    second = len(positive) - first
    if not first or not second:
        return None
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[place.reshape(-1)]
    return float((ranks[positive].sum() - first * (first + 1) / 2) / (first * second))
