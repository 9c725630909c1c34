"""Histogram boosting: loss functions, the preprocessor of 1.4, and the nodes of older releases."""

import inspect
from typing import Any

import numpy as np

from compat_worker.conversions.conversion import Conversion, own, set_missing
from compat_worker.conversions.trees import fields_copied

_LOSSES = {
    "least_squares": "squared_error",
    "least_absolute_deviation": "absolute_error",
    "auto": "log_loss",
    "binary_crossentropy": "log_loss",
    "categorical_crossentropy": "log_loss",
}


def _loss(one: Any) -> bool:
    """Make the loss function anew from the parameters."""
    state = own(one)
    if "_loss" not in state or isinstance(state["loss"], type(state["_loss"])):
        return False
    make = one._get_loss
    if "n_threads" in inspect.signature(make).parameters:
        return False  # 1.0 and older: they have loss functions of their own
    state["loss"] = _LOSSES.get(state["loss"], state["loss"])
    set_missing(one, quantile=None)
    before = state["_loss"]
    one._loss = make(sample_weight=None)
    return type(before) is not type(one._loss)


def _baseline(one: Any) -> bool:
    """What predictions begin with is a row since 1.1, with a column for each tree of a round."""
    state = own(one)
    before = state.get("_baseline_prediction")
    if before is None or "n_threads" in inspect.signature(one._get_loss).parameters:
        return False
    state["_baseline_prediction"] = np.asarray(before, dtype=np.float64).reshape(1, -1)
    return np.shape(before) != state["_baseline_prediction"].shape


def _preprocessor(one: Any) -> bool:
    """Categories were numbers until 1.3, and no preprocessor made them so."""
    if "_predictors" not in own(one):
        return False
    return set_missing(one, _preprocessor=None, _is_categorical_remapped=None, is_categorical_=None)


def _nodes(one: Any) -> bool:
    """Copy the nodes field by field into the layout of this release."""
    from sklearn.ensemble._hist_gradient_boosting import common, grower

    layout = getattr(common, "PREDICTOR_RECORD_DTYPE", None)
    if layout is None:
        layout = getattr(grower, "PREDICTOR_RECORD_DTYPE", None)
    state = own(one)
    if layout is None or "nodes" not in state:
        return False
    empty = np.zeros((0, 8), dtype=np.uint32)
    new = set_missing(one, binned_left_cat_bitsets=empty, raw_left_cat_bitsets=empty)
    if state["nodes"].dtype == layout:
        return new
    state["nodes"] = fields_copied(state["nodes"], layout)
    return True


def _bins(one: Any) -> bool:
    """Until 0.23 no column had categories."""
    thresholds = own(one).get("bin_thresholds_")
    if thresholds is None:
        return False
    return set_missing(one, is_categorical_=np.zeros(len(thresholds), dtype=np.uint8))


_BOOSTING = ("BaseHistGradientBoosting",)

CONVERSIONS = (
    Conversion(
        "histogram-boosting-bins-0.24", ("_BinMapper",), _bins, "no column of bins has categories"
    ),
    Conversion(
        "histogram-boosting-nodes-1.3",
        ("TreePredictor",),
        _nodes,
        "the nodes of histogram boosting have the new layout",
    ),
    Conversion(
        "histogram-boosting-preprocessor-1.4",
        _BOOSTING,
        _preprocessor,
        "histogram boosting has no preprocessor",
    ),
    Conversion(
        "histogram-boosting-baseline-1.1",
        _BOOSTING,
        _baseline,
        "what histogram boosting begins with is one row",
    ),
    Conversion(
        "histogram-boosting-loss-1.4",
        _BOOSTING,
        _loss,
        "histogram boosting has the loss function of this release",
    ),
)
