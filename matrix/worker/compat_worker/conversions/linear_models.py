"""Linear models by stochastic gradient descent, and partial least squares."""

import inspect
from typing import Any

import numpy as np

from compat_worker.conversions.conversion import Conversion, has_method, own, set_missing

_OLD_LOSSES = {"log": "log_loss", "squared_loss": "squared_error"}
_NAMES = ("loss_function_", "_loss_function_")


def _sgd_loss(one: Any) -> bool:
    """Make the loss function anew: it is used to train only."""
    state = own(one)
    had = [name for name in _NAMES if name in state]
    if not had or not has_method(one, "_get_loss_function"):
        return False
    before = [state.pop(name) for name in had]
    known = one.loss_functions
    named = state.get("loss", "hinge")
    for loss in (named, _OLD_LOSSES.get(named), *(a for a, b in _OLD_LOSSES.items() if b == named)):
        if loss in known:
            made = one._get_loss_function(loss)
            if "loss" in state:
                state["loss"] = loss
            state[_name_of_loss(one)] = made
            return type(made) is not type(before[0])
    return True


def _name_of_loss(one: Any) -> str:
    """The attribute in which this release keeps the loss function."""
    base = next(kind for kind in type(one).__mro__ if kind.__name__ == "BaseSGD")
    source = inspect.getsource(inspect.getmodule(base))  # type: ignore[arg-type]
    return "_loss_function_" if "self._loss_function_ =" in source else "loss_function_"


def _pls_coefficients(one: Any) -> bool:
    """Bring the coefficients into the form of this release.

    Until 1.0 they have a row for each feature, from 1.1 on ``_coef_``, and from 1.3 on ``coef_``,
    a row for each target; the last are divided by the deviations of the features since 1.5. They
    follow from the rotations, the loadings and the deviations, whatever release made them.
    """
    state = own(one)
    for name in ("x_mean_", "y_mean_", "x_std_", "y_std_"):  # until 0.23
        if name in state:
            state.setdefault("_" + name[:-1], state[name])
    needed = ("x_rotations_", "y_loadings_", "_x_std", "_y_std")
    if any(name not in state for name in needed) or not has_method(one, "predict"):
        return False
    rows = np.dot(state["x_rotations_"], state["y_loadings_"].T) * state["_y_std"]
    form = _form_of_coefficients(one)
    new = {"old": rows, "rows": rows.T, "divided": rows.T / state["_x_std"]}[form]
    name = "_coef_" if isinstance(getattr(type(one), "coef_", None), property) else "coef_"
    before = state.get(name)
    state.pop("coef_", None)
    state.pop("_coef_", None)
    state[name] = new
    set_missing(one, intercept_=state["_y_mean"])
    set_missing(one, _predict_1d=False)
    return before is None or before.shape != new.shape or not np.allclose(before, new)


def _form_of_coefficients(one: Any) -> str:
    """How this release writes coefficients: ``old``, ``rows`` or ``divided``."""
    base = next(kind for kind in type(one).__mro__ if kind.__name__ == "_PLS")
    source = "".join(inspect.getsource(base.fit).split())
    if "self._y_std).T/self._x_std" in source:
        return "divided"
    return "rows" if "self._y_std).T" in source else "old"


CONVERSIONS = (
    Conversion(
        "sgd-loss-1.6",
        ("BaseSGD",),
        _sgd_loss,
        "the loss function of SGD, which is used to train only, is made anew",
    ),
    Conversion(
        "pls-coefficients-1.5",
        ("_PLS",),
        _pls_coefficients,
        "the coefficients of PLS have the form of this release",
    ),
)
