"""How good predictions are against the truth, before saving and after loading.

Pure numpy, so that judging needs no scikit-learn of its own: the numbers are the ones that
``sklearn.metrics`` gives (``tests/judge/test_scores.py`` compares them), with ``zero_division=0``.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matrix.model import ClassifierScores, ClassScore, RegressorScores

_NAN = float("nan")


def classifier_scores(
    truth: ArrayLike, predicted: ArrayLike, classes: ArrayLike = ()
) -> ClassifierScores:
    """Score predicted labels, class by class, over the union of the labels on both sides.

    Args:
        truth, predicted: the labels, one a row.
        classes: labels that the model knows: those without a row are listed too.

    Labels may be numbers, booleans, strings or a mixture. Those that compare equal are one class
    (``True``, ``1`` and ``1.0``), written as they first appear in the truth. The order is stable:
    numbers by value, then NaN, then strings, then the rest by their repr.

    Raises:
        ValueError: there is not exactly one label a row on both sides, or there is no row.
    """
    true_labels, predicted_labels = _labels(truth), _labels(predicted)
    if len(true_labels) != len(predicted_labels) or not true_labels:
        raise ValueError(
            f"{len(true_labels)} true and {len(predicted_labels)} predicted labels to compare"
        )
    every = dict.fromkeys(chain(true_labels, predicted_labels, _labels(classes)))
    labels = sorted(every, key=_order)
    position = {label: index for index, label in enumerate(labels)}
    confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
    rows = [position[label] for label in true_labels]
    columns = [position[label] for label in predicted_labels]
    np.add.at(confusion, (rows, columns), 1)
    found = tuple(_class_score(confusion, index, label) for index, label in enumerate(labels))
    recalls = [one.recall for one in found if one.support]
    return ClassifierScores(
        accuracy=float(np.trace(confusion) / len(true_labels)),
        balanced_accuracy=sum(recalls) / len(recalls),
        classes=found,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def regressor_scores(truth: ArrayLike, predicted: ArrayLike) -> RegressorScores:
    """Score predicted numbers; several outputs weigh the same.

    R² and the mean absolute error are averaged over the outputs. The largest error is the largest
    of them all: an average would hide it. A number that is missing makes its score NaN.

    Raises:
        ValueError: the shapes differ, or there is no row.
    """
    true_values, predicted_values = _numbers(truth), _numbers(predicted)
    if true_values.shape != predicted_values.shape or not true_values.size:
        raise ValueError(f"shapes {true_values.shape} and {predicted_values.shape} to compare")
    with np.errstate(all="ignore"):  # an infinite prediction is a finding, not a warning
        errors = np.abs(true_values - predicted_values)
        return RegressorScores(
            r2=_r2(true_values, errors),
            mean_absolute_error=float(errors.mean(axis=0).mean()),
            max_error=float(errors.max()),
            rows=len(errors),
        )


def class_codes(truth: ArrayLike, classes: ArrayLike) -> NDArray[np.int64] | None:
    """Return the place of each true label in the classes of a model.

    Returns:
        None if a label is not among them, or is named twice.
    """
    known = _labels(classes)
    position = {label: place for place, label in enumerate(known)}
    if len(position) != len(known):
        return None
    codes = [position.get(label, -1) for label in _labels(truth)]
    return None if -1 in codes else np.array(codes, dtype=np.int64)


def _labels(values: ArrayLike) -> list[Any]:
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.ravel()
    if array.ndim != 1:
        raise ValueError(f"one label a row is needed, not an array of shape {array.shape}")
    return [_NAN if label != label else label for label in array.tolist()]


def _order(label: object) -> tuple[int, float, str]:
    if isinstance(label, (bool, int, float)):
        return (1, 0.0, "") if label != label else (0, float(label), "")
    if isinstance(label, str):
        return (2, 0.0, label)
    return (3, 0.0, repr(label))


def _class_score(confusion: NDArray[np.int64], index: int, label: object) -> ClassScore:
    hits = int(confusion[index, index])
    support = int(confusion[index].sum())
    claimed = int(confusion[:, index].sum())
    return ClassScore(
        label=str(label),
        support=support,
        precision=hits / claimed if claimed else 0.0,
        recall=hits / support if support else 0.0,
        f1=2 * hits / (support + claimed) if support + claimed else 0.0,
    )


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    return array.reshape(-1, 1) if array.ndim == 1 else array


def _r2(truth: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    """As scikit-learn defines it where the truth is constant: 1 if perfect, 0 if not."""
    residual = (errors**2).sum(axis=0)
    spread = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    constant = np.where(residual == 0, 1.0, 0.0)
    scores = np.where(spread == 0, constant, 1 - residual / np.where(spread == 0, 1.0, spread))
    return float(np.where(np.isnan(residual), np.nan, scores).mean())
