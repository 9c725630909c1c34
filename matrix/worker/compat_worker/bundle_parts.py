"""Take one model out of what a file holds: a bundle, such as a dictionary of models and settings.

A *part* is a list of steps, each ``[kind, name]``:

``["key", NAME]``         the item of a dictionary under a text
``["index", NUMBER]``     the item of a sequence, or of a dictionary under a number
``["attribute", NAME]``   an attribute
``["data", PARTS]``       only as the last step: the values at PARTS, a list of parts, as plain data
``["together", PARTS]``   only as the last step: the transformers and the predictor at PARTS, in the
                          order in which their shapes fit

The empty part is the object in the file itself. A model without an output method, such as a fitted
clustering, becomes plain data as well: its fitted attributes.
"""

import itertools
from collections import OrderedDict
from typing import Any, List, Optional, Sequence

from compat_worker import booster_models, content, forecast_models, keras_models, output_methods
from compat_worker.output_methods import PlainData
from compat_worker.user_error import UserError

FoundAt = Sequence[Sequence[Any]]
_MOST_TOGETHER = 4
_OF_LABELS = ("LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer")
"""Classes whose ``transform`` takes labels, so that they are no step before a predictor."""


def take(loaded: Any, part: Optional[FoundAt], *, as_data: bool = False) -> Any:
    """Return a part of what a file holds; None returns all of it. A booster becomes a model.

    Args:
        loaded: the object in the file.
        part: see above.
        as_data: take the fitted attributes of a model even if it has output methods, because those
            of the writer were recorded.

    Raises:
        UserError: the models at the part do not fit together.
        Exception: whatever looking up the part raises, where it is not there.
    """
    if part is None:
        return keras_models.adapted(_adapted(loaded))
    found = loaded
    for kind, name in part:
        if kind == "data":
            return _data(found, name)
        if kind == "together":
            return _together([look_up(found, one) for one in name])
        found = look_up(found, [[kind, name]])
    return _with_outputs(_adapted(found), as_data)


def _adapted(model: Any) -> Any:
    """The model; a bare booster or a time series becomes what has output methods."""
    return forecast_models.adapted(booster_models.adapted(model))


def look_up(value: Any, part: FoundAt) -> Any:
    """The object at a part of which each step is a key, an index or an attribute.

    Raises:
        Exception: whatever looking up the part raises, where it is not there.
    """
    for kind, name in part:
        value = getattr(value, name) if kind == "attribute" else value[name]
    return value


def _data(value: Any, parts: Sequence[FoundAt]) -> PlainData:
    found = OrderedDict((_label(part), look_up(value, part)) for part in parts)
    return PlainData(OrderedDict((label, _checkable(one)) for label, one in found.items()))


def _checkable(value: Any) -> Any:
    """The value, or a text in its place if it is no plain data."""
    try:
        return value if _is_plain(value) else "present, not checked"
    except Exception:
        return value  # it was loaded, and fails when it is used: reading its values says how


def _label(part: FoundAt) -> str:
    """The part as Python writes it: ``["model"][0].steps``."""
    return "".join(
        ".{}".format(name) if kind == "attribute" else "[{}]".format(repr(name).replace("'", '"'))
        for kind, name in part
    )


def _with_outputs(model: Any, as_data: bool) -> Any:
    """The model, or its fitted attributes where it has no method that takes rows."""
    if isinstance(model, output_methods.WithoutRows):
        return model
    if not as_data and (output_methods.taking_rows(model) or not hasattr(model, "get_params")):
        return model
    state = getattr(model, "__dict__", {})
    fitted = sorted(name for name in state if name.endswith("_") and not name.startswith("_"))
    found = OrderedDict((name, state[name]) for name in fitted)
    known = OrderedDict((name, one) for name, one in found.items() if _is_plain(one))
    return output_methods.FittedData(known, model) if known else model


def _is_plain(value: Any) -> bool:
    return content.is_complete(content.encode(value))


# ------------------------------------------------------------------------ models used together


def _together(models: List[Any]) -> Any:
    """A pipeline of the transformers and the predictor, in the order in which their shapes fit."""
    from sklearn.pipeline import Pipeline

    last = models[-1]
    first = [one for one in models[:-1] if _is_step(one)][:_MOST_TOGETHER]
    for count in range(len(first), 0, -1):
        for chosen in itertools.permutations(first, count):
            if _fit_together(list(chosen) + [last]):
                steps = [("step{}".format(i), one) for i, one in enumerate(chosen)]
                return Pipeline(steps + [("model", last)])
    raise UserError("the models in this file do not fit together: shapes differ")


def _is_step(model: Any) -> bool:
    return (
        hasattr(model, "transform")
        and not hasattr(model, "predict")
        and type(model).__name__ not in _OF_LABELS
    )


def _fit_together(steps: List[Any]) -> bool:
    return all(
        _width_out(steps[i]) == _width_in(steps[i + 1]) is not None for i in range(len(steps) - 1)
    )


def _width_in(model: Any) -> Optional[int]:
    """The number of features that a model takes; None if it does not say."""
    for name in ("n_features_in_", "n_features_"):
        found = getattr(model, name, None)
        if isinstance(found, int):
            return found
    if hasattr(model, "vocabulary_"):
        return None  # it takes texts
    for name, axis in (("coef_", -1), ("mean_", 0), ("scale_", 0), ("theta_", -1), ("_fit_X", -1)):
        shape = getattr(getattr(model, name, None), "shape", ())
        if shape:
            return int(shape[axis])
    return None


def _width_out(model: Any) -> Optional[int]:
    """The number of features that a transformer returns; None if it is unknown."""
    vocabulary = getattr(model, "vocabulary_", None)
    if vocabulary is not None:
        return len(vocabulary)
    names = _feature_names(model)
    if names is not None:
        return len(names)
    shape = getattr(getattr(model, "components_", None), "shape", ())
    return int(shape[0]) if shape else _width_in(model)


def _feature_names(model: Any) -> Any:
    """The names of the features that a transformer returns; None if it does not say."""
    method = getattr(model, "get_feature_names_out", getattr(model, "get_feature_names", None))
    try:
        return None if method is None else method()
    except Exception:
        return None
