"""Infer from a fitted model the rows that it takes.

A step of a pipeline sees the output of the steps before it. As long as these transform each column
on its own, facts about the inputs of a step are transformed back to the columns of the rows.
"""

import contextlib
from typing import Any, Callable, Iterator, List, Optional, Tuple

import numpy as np

from compat_worker import (
    foreign_estimators,
    input_model,
    input_spec,
    table_source,
    widest_models,
)
from compat_worker.estimator_rules import RULES
from compat_worker.input_model import Column, Feature, InputModel, Space


def infer(model: Any) -> Optional[InputModel]:
    """The inferred input of a model; None if the number of features is unknown."""
    if hasattr(model, "known_inputs"):  # it was converted, and is no Python object any more
        return _of_graph(model)
    form = input_spec.form(model)
    names = input_spec.feature_names(model)
    if form in ("texts", "dicts", "labels", "sets"):
        width: Optional[int] = 1
    else:
        width = len(names) if names else input_spec.n_features(model)
    if not width:
        return None
    if form == "table" and not names and widest_models.has_some_features(model, width):
        found, space = _some_features(model, width)
    else:
        columns = [Column(names[place] if names else None) for place in range(width)]
        found = InputModel(columns, form, names is not None)
        space = [Feature(column) for column in columns]
    found.assumed = form == "table" and input_spec.is_assumed(model)
    with contextlib.suppress(Exception):  # keep what was inferred before an unusual model failed
        _infer_step(model, space, found)
    add_missing_texts(found)
    return found


def _of_graph(model: Any) -> Optional[InputModel]:
    known: Callable[[], Optional[InputModel]] = model.known_inputs
    return known()


def _some_features(model: Any, width: int) -> Tuple[InputModel, Space]:
    """The input of a very wide model, with columns for some of its features alone."""
    places = widest_models.chosen_features(model, width)
    found = InputModel([Column(None) for _ in places], "table", False)
    found.sparse, found.width, found.places = True, width, places
    space: Space = [None] * width
    for place, column in zip(places, found.columns):
        space[place] = Feature(column)
    return found, space


def add_missing_texts(found: InputModel) -> None:
    """Add missing texts where the model says nothing about them.

    Tables of texts have None or NaN there, depending on where they come from. A model that was
    trained on one of them gets that one alone, unless pandas makes both the same: then a model that
    was trained on None knows NaN, and another pandas gives it None.
    """
    both = found.named and table_source.joins_missing_texts()
    for column in found.columns if found.named else ():
        if not column.is_text or column.words is not None:
            continue
        if both or input_model.MISSING not in column.specials:
            column.add_special(input_model.MISSING, None)
            column.add_special(input_model.MISSING, np.nan)


def _infer_step(step: Any, space: Space, found: InputModel) -> None:
    """Infer the inputs of a step and of all steps inside it."""
    steps = input_spec.steps_of(step)
    if steps is not None:
        for one in steps:
            _infer_step(one, space, found)
            space = _features_after(one, space)
    elif input_spec.get(step, "transformers_") is not None:
        for _, part, own in _column_parts(step, space):
            _infer_step(part, own, found)
    elif foreign_estimators.mapped_parts(step):
        by_name = dict(zip(_names_at(step, space), space))
        for names, part in foreign_estimators.mapped_parts(step):
            _infer_step(part, [by_name.get(name) for name in names], found)
    elif input_spec.is_union(step):
        for _, part in step.transformer_list:
            _infer_step(part, space, found)
    else:
        _infer_estimator(step, space, found)


def _infer_estimator(step: Any, space: Space, found: InputModel) -> None:
    before = input_spec.get(step, "_preprocessor")
    if before is not None:  # histogram gradient boosting encodes categories with it
        _infer_categories(before, space, found)
        assumed = any(one is not None and one.assumed for one in space)
        space = [  # its functions are scikit-learn's own, and leave columns in place
            one and Feature(one.column, one.undo, assumed) for one in _features_after(before, space)
        ]
    for rule in RULES:
        with contextlib.suppress(Exception):  # a release may store it in another way
            rule(step, space, found)
    subsets = input_spec.get(step, "estimators_features_")
    for place, inner in enumerate(input_spec.inner_models(step)):
        if found.places is not None and id(inner) in found.seen:
            continue  # a tree that was read: each walk over all features takes time
        own = space
        if subsets is not None and place < len(subsets):
            own = [input_model.feature_at(space, int(position)) for position in subsets[place]]
        _infer_step(inner, own, found)


def _infer_categories(step: Any, space: Space, found: InputModel) -> None:
    _infer_step(step, space, found)
    for _, part, own in _column_parts(step, space):
        for feature in own if "OrdinalEncoder" in input_spec.class_names(part) else ():
            if feature is not None:
                feature.column.as_category = True


def _features_after(step: Any, space: Space) -> Space:
    """The features that a step outputs, which are the inputs of the next step."""
    if step is None or isinstance(step, str):
        return [] if step == "drop" else space
    steps = input_spec.steps_of(step)
    if steps is not None:
        for one in steps:
            space = _features_after(one, space)
        return space
    if input_spec.get(step, "transformers_") is not None:
        return _features_after_columns(step, space)
    if input_spec.is_union(step):
        return _concatenated([_features_after(part, space) for _, part in step.transformer_list])
    return _features_after_estimator(step, space)


def _features_after_estimator(step: Any, space: Space) -> Space:
    kinds = input_spec.class_names(step)
    if kinds & _ELEMENTWISE:
        return [
            _invertible_feature(step, place, len(space), one) for place, one in enumerate(space)
        ]
    if "FunctionTransformer" in kinds or not input_spec.is_sklearn(step):
        return [None if one is None else Feature(one.column, one.undo, True) for one in space]
    if kinds & _IMPUTERS:
        return _features_after_imputer(step, space)
    if hasattr(step, "get_support"):
        return [
            input_model.feature_at(space, int(place)) for place in step.get_support(indices=True)
        ]
    return [None] * _n_outputs(step)


_IMPUTERS = {"SimpleImputer", "KNNImputer", "IterativeImputer"}


def _features_after_imputer(step: Any, space: Space) -> Space:
    """The features after an imputer, which drops columns that have no value at all."""
    kept = input_spec.get(step, "statistics_")
    if kept is None or np.asarray(kept).dtype.kind not in "fc":
        return space
    return [one for one, value in zip(space, kept) if not np.isnan(value)]


_ELEMENTWISE = {
    "StandardScaler",
    "MinMaxScaler",
    "MaxAbsScaler",
    "RobustScaler",
    "PowerTransformer",
    "QuantileTransformer",
}


def _invertible_feature(
    step: Any, place: int, width: int, feature: Optional[Feature]
) -> Optional[Feature]:
    """The output of an elementwise step, with ``inverse_transform`` as the way back."""
    if feature is None:
        return None
    linear = _LINEAR.get(type(step).__name__)

    def undo(values: Any) -> Any:
        if linear is not None and width >= _WIDE:
            return feature.to_column(linear(step, place, np.array(values, dtype=np.float64)))
        rows = np.zeros((len(values), width))
        rows[:, place] = values
        return feature.to_column(np.asarray(step.inverse_transform(rows))[:, place])

    return Feature(feature.column, undo, feature.assumed)


_WIDE = 1000
"""From so many features on, one feature is scaled back alone where that is possible: the
``inverse_transform`` of all of them for each of them takes time with the square of their number."""


def _at(step: Any, name: str, place: int, default: float) -> Any:
    values = input_spec.get(step, name)
    return default if values is None else values[place]


_LINEAR = {
    "StandardScaler": lambda step, place, values: (
        values * _at(step, "scale_", place, 1.0) + _at(step, "mean_", place, 0.0)
        if step.with_mean
        else values * _at(step, "scale_", place, 1.0)
    ),
    "RobustScaler": lambda step, place, values: (
        values * _at(step, "scale_", place, 1.0) + _at(step, "center_", place, 0.0)
    ),
    "MaxAbsScaler": lambda step, place, values: values * _at(step, "scale_", place, 1.0),
    "MinMaxScaler": lambda step, place, values: (
        (values - _at(step, "min_", place, 0.0)) / _at(step, "scale_", place, 1.0)
    ),
}
"""By class, the way back of one feature; none of them depends on another feature."""


def _features_after_columns(step: Any, space: Space) -> Space:
    slices = input_spec.get(step, "output_indices_") or {}
    parts = []
    for name, part, own in _column_parts(step, space):
        after = _features_after(part, own)
        if name in slices:
            length = slices[name].stop - slices[name].start
            after = (after + [None] * length)[:length]
        parts.append(after)
    return _concatenated(parts)


def _concatenated(parts: List[Space]) -> Space:
    """Concatenate features, up to the first part whose number of outputs is unknown."""
    joined: Space = []
    for part in parts:
        joined.extend(part)
        if not part:
            break
    return joined


def _n_outputs(step: Any) -> int:
    for name in ("n_components_", "n_output_features_", "n_components"):
        value = input_spec.get(step, name)
        if isinstance(value, (int, np.integer)):
            return int(value)
    try:
        return len(step.get_feature_names_out())
    except Exception:
        return sum(len(each) for each in input_spec.get(step, "categories_") or ())


def _column_parts(step: Any, space: Space) -> Iterator[Tuple[str, Any, Space]]:
    """Name, transformer and input features of each part of a ColumnTransformer."""
    names = _names_at(step, space)
    for name, part, chosen in input_spec.column_parts(step):
        yield (
            name,
            part,
            [input_model.feature_at(space, place) for place in input_spec.positions(chosen, names)],
        )


def _names_at(step: Any, space: Space) -> List[Any]:
    """The names of the inputs of a step, which a step before it may have renamed."""
    return input_spec.names_at(step, input_model.names_of(space))
