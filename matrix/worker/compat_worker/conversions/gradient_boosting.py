"""Gradient boosting: loss functions of their own until 1.3, those of ``sklearn._loss`` from 1.4."""

import importlib
from typing import Any

import numpy as np

from compat_worker.conversions.conversion import Conversion, has_method, is_lost, own, set_missing

_OLD_LOSSES = {"ls": "squared_error", "lad": "absolute_error", "deviance": "log_loss"}


def _loss_of_old(one: Any) -> bool:
    """Make the loss function anew from the parameters; adapt the first trees of many classes."""
    state = own(one)
    if not has_method(one, "_get_loss") or not _has_old_loss(state):
        return False
    state["loss"] = _OLD_LOSSES.get(state["loss"], state["loss"])
    set_missing(one, n_trees_per_iteration_=one.estimators_.shape[1])
    if hasattr(one, "classes_"):
        set_missing(one, n_classes_=len(one.classes_))
    state.pop("loss_", None)
    one._loss = one._get_loss(sample_weight=None)
    _move_prior(one, 1.0)
    return True


def _has_old_loss(state: Any) -> bool:
    """Whether the loss is one of 1.3 or older: ``_loss``, or ``loss_`` until 1.0."""
    losses = [state[name] for name in ("_loss", "loss_") if name in state]
    return any(is_lost(loss) or "_gb_losses" in type(loss).__module__ for loss in losses)


def _loss_of_new(one: Any) -> bool:
    """The other way: a loss function of 1.3 or older, for a model of 1.4 or newer."""
    state = own(one)
    losses = _old_losses()
    if losses is None or has_method(one, "_get_loss") or _is_old(state, losses):
        return False
    if state["loss"] == "log_loss":
        few = len(one.classes_) == 2
        kind = losses.BinomialDeviance if few else losses.MultinomialDeviance
    else:
        kind = losses.LOSS_FUNCTIONS[state["loss"]]
    if hasattr(one, "classes_"):
        set_missing(one, n_classes_=len(one.classes_), _n_classes=len(one.classes_))
        loss = kind(len(one.classes_))
    else:
        loss = kind(one.alpha) if state["loss"] in ("huber", "quantile") else kind()
    state["_loss"] = state["loss_"] = loss
    if isinstance(getattr(type(one), "loss_", None), property):
        del state["loss_"]
    _move_prior(one, -1.0)
    return True


def _is_old(state: Any, losses: Any) -> bool:
    loss = state.get("_loss", state.get("loss_"))
    return type(loss).__module__ == losses.__name__


def _old_losses() -> Any:
    try:
        return importlib.import_module("sklearn.ensemble._gb_losses")
    except ImportError:
        return None


def _move_prior(one: Any, sign: float) -> None:
    """Keep the raw predictions of three classes and more.

    They begin at the logarithms of the shares of the classes, since 1.4 without their mean. The
    leaves of the first trees take it.
    """
    prior = getattr(own(one).get("init_"), "class_prior_", None)
    if prior is None or one.estimators_.shape[1] < 3:
        return
    smallest = np.finfo(np.float32).eps
    mean = np.log(np.clip(prior, smallest, 1 - smallest)).mean()
    for tree in one.estimators_[0]:
        values = tree.tree_.value
        values += sign * mean / one.learning_rate


_BOOSTING = ("BaseGradientBoosting",)

CONVERSIONS = (
    Conversion(
        "gradient-boosting-loss-1.4",
        _BOOSTING,
        _loss_of_old,
        "gradient boosting has the loss function of this release; with three classes and more the "
        "first trees take the mean of the logarithms of their shares",
    ),
    Conversion(
        "gradient-boosting-loss-1.3",
        _BOOSTING,
        _loss_of_new,
        "gradient boosting has the loss function of this older release",
    ),
)
