"""Read from a fitted model which kind of rows it takes, how many features and their names."""

import inspect
from typing import Any, Iterator, List, Optional, Set, Tuple

import numpy as np

from compat_worker import foreign_estimators

VECTORIZERS = {"CountVectorizer", "HashingVectorizer", "TfidfVectorizer"}
LABELS = {"LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer"}


def form(model: Any) -> str:
    """``texts``, ``dicts``, ``labels``, ``sets`` or ``table``: what the first decisive step takes.

    A row of ``sets`` is a tuple of labels.
    """
    own = class_names(model)
    if "MultiLabelBinarizer" in own:
        return "sets"
    if own & VECTORIZERS:
        return "texts"
    if own & {"DictVectorizer", "FeatureHasher"}:
        return "dicts"
    if own & LABELS:
        return "labels"
    for step in steps_of(model) or [part for _, part in get(model, "transformer_list") or ()]:
        if is_sklearn(step) and n_features(step) is None and not is_union(step):
            found = form(step)
            if found != "table" or not passes_through(step):
                return found
        elif not is_sklearn(step) and n_features(step) is None:
            continue
        else:
            return form(step)
    for one in inner_models(model):
        return form(one)
    return "table"


# ------------------------------------------------------------------ how many, under which names


_COUNTS = ("n_features_in_", "n_features_", "_n_features", "n_input_features_", "n_features")
_LAST_AXIS = """
    coef_ mean_ scale_ center_ data_min_ max_abs_ statistics_ cluster_centers_ subcluster_centers_
    centroids_ theta_ feature_log_prob_ support_vectors_ _fit_X X_train_ X_fit_ means_ location_
    quantiles_ lambdas_ scores_ variances_ components_ _idf_diag idf_
""".split()  # noqa: SIM905
_FIRST_AXIS = ("x_weights_", "random_weights_", "categories_", "bin_edges_", "bsplines_", "coefs_")
_INNER = """
    best_estimator_ estimator_ base_estimator_ regressor_ classifier_ estimators_
    calibrated_classifiers_ initial_imputer_
""".split()  # noqa: SIM905


def n_features(model: Any) -> Optional[int]:
    """Number of features of a fitted model, from attributes or their shapes; None if unknown."""
    steps = steps_of(model)
    if steps is not None:
        return next((n for n in map(n_features, steps) if n), None)
    if "RFE" in class_names(model) and get(model, "support_") is not None:
        return len(model.support_)  # RFE.n_features_ is the number of selected features
    for name in _COUNTS:
        value = get(model, name)
        if isinstance(value, (int, np.integer)) and value > 0:
            return int(value)
    width = foreign_estimators.catboost_width(model)
    if width:
        return width  # its n_features_in_ is 0 for a model that was read from its own format
    if isinstance(get(model, "X_min_"), (float, np.floating)):
        return 1  # isotonic regression
    tree = get(model, "tree_")
    if hasattr(tree, "data"):  # KDTree or BallTree
        return int(np.shape(tree.data)[1])
    if hasattr(tree, "n_features"):
        return int(tree.n_features)
    shape = get(model, "shape_fit_")
    if shape is not None and len(shape) == 2:
        return int(shape[1])
    inside = (n for n in map(n_features, inner_models(model)) if n)
    return _from_shapes(model) or next(inside, None) or _from_unknown_class(model)


MOST_HELD = 8
"""Estimators that are looked at in an object of an unknown class."""


def held_estimators(model: Any) -> List[Any]:
    """Estimators of scikit-learn in the attributes of an object, also in lists and dictionaries."""
    found: List[Any] = []
    for value in vars(model).values() if hasattr(model, "__dict__") else ():
        inside = value.values() if isinstance(value, dict) else value
        for one in inside if isinstance(value, (dict, list, tuple)) else [value]:
            own = type(one).__module__.startswith("sklearn.") and not class_names(one) & LABELS
            if own and len(found) < MOST_HELD:
                found.append(one)
    return found


def _from_unknown_class(model: Any) -> Optional[int]:
    """For a class outside scikit-learn: the last axis of its fitted arrays, if all agree."""
    if is_sklearn(model):
        return None
    learnt = (value for name, value in sorted(vars(model).items()) if name.endswith("_"))
    shapes = {
        np.shape(value)[-1] for value in learnt if isinstance(value, np.ndarray) and value.ndim
    }
    return int(shapes.pop()) if len(shapes) == 1 else None


def _from_shapes(model: Any) -> Optional[int]:
    for name in _FIRST_AXIS:
        value = get(model, name)
        if value is not None and len(value):
            first = value[0] if name == "coefs_" else value
            return int(first.shape[0]) if hasattr(first, "shape") else len(first)
    for name in _LAST_AXIS:
        value = get(model, name)
        shape = getattr(value, "shape", ())
        if len(shape):
            return int(shape[-1])
    return None


def feature_names(model: Any) -> Optional[List[Any]]:
    """Names of the columns that a model was fitted on, in order; None if unknown."""
    for step in [model] + [one for one in [deciding_step(model)] if one is not None]:
        names = _own_names(step)
        if names is not None:
            return names
        if get(step, "transformers_") is not None:
            named = [one for _, _, part in column_parts(step) for one in _texts(part)]
            return list(dict.fromkeys(named)) or None
        if is_union(step):  # in some releases it has no names of its own
            parts = (feature_names(part) for _, part in step.transformer_list)
            return next((found for found in parts if found is not None), None)
        one = next(iter(inner_models(step)), None)
        if one is not None:
            return feature_names(one)
    return None


def _own_names(step: Any) -> Optional[List[Any]]:
    for name in ("feature_names_in_", "_feature_names_in", "_df_columns"):
        value = get(step, name)
        if value is not None and len(value):
            return [str(each) if isinstance(each, str) else each for each in value]
    return foreign_estimators.column_names(step)


def names_at(step: Any, before: List[Any]) -> List[Any]:
    """The names of the inputs of a step, as the step before it calls them.

    Args:
        step: a step of the model.
        before: the names of the columns of the rows that these inputs come from, in their order.

    Returns:
        ``before`` with the new names of renamed inputs: those that the step was fitted on, if it
        has as many. An input that has kept its name may have moved, and keeps it.
    """
    own = _own_names(step)
    if own is None or len(own) != len(before):
        return before
    return [name if name in own or after in before else after for name, after in zip(before, own)]


def deciding_step(model: Any) -> Any:
    """The first step of a pipeline that shows what it takes; None for other estimators."""
    steps = steps_of(model) or [None]
    found = (step for step in steps if n_features(step) or _own_names(step) or _is_columns(step))
    return next(found, steps[0])


def _is_columns(step: Any) -> bool:
    return get(step, "transformers_") is not None


def is_assumed(model: Any) -> bool:
    """Whether the first step of a pipeline does not show what it takes."""
    steps = steps_of(model)
    if not steps:
        return False
    decides = deciding_step(model)
    return steps[0] is not decides or is_assumed(steps[0])


def _texts(part: Any) -> List[str]:
    return [one for one in ([part] if isinstance(part, str) else _listed(part)) if type(one) is str]


def _listed(part: Any) -> List[Any]:
    """The items of a list, a tuple, an array, or an index or a series of pandas."""
    if isinstance(part, (list, tuple, np.ndarray)):
        return list(part)
    return list(part) if type(part).__module__.split(".")[0] == "pandas" else []


# ------------------------------------------------------------------------------- looking in


def get(thing: Any, name: str) -> Any:
    """An attribute, or None if it does not exist or its property raises."""
    try:
        return getattr(thing, name, None)
    except Exception:
        return None


def or_empty(values: Any) -> Any:
    """The values, or an empty tuple for None."""
    return () if values is None else values


def class_names(thing: Any) -> Set[str]:
    """The names of the class of an object and of all its base classes."""
    return {one.__name__ for one in type(thing).__mro__}


def is_sklearn(step: Any) -> bool:
    """Whether a step belongs to scikit-learn; ``"passthrough"``, ``"drop"`` and None do."""
    return isinstance(step, str) or step is None or type(step).__module__.startswith("sklearn.")


def is_all_sklearn(model: Any) -> bool:
    """Whether scikit-learn's own code alone handles the rows of a model."""
    return all(is_sklearn(part) for part in parts_of(model))


_MAX_PARTS = 3000


def parts_of(model: Any) -> Iterator[Any]:
    """A model, its steps and the models inside it, and functions that are steps of it."""
    waiting, seen = [model], set()
    while waiting and len(seen) < _MAX_PARTS:
        part = waiting.pop()
        if id(part) in seen or part is None or isinstance(part, str):
            continue
        seen.add(id(part))
        yield part
        waiting += steps_of(part) or []
        waiting += inner_models(part)
        waiting += [one for _, one in get(part, "transformer_list") or ()]
        inside = get(part, "transformers_")
        if isinstance(inside, dict):  # TableVectorizer of skrub
            waiting += inside.values()
        elif inside is not None:
            waiting += [one for _, one, _ in column_parts(part)]
        if inspect.isfunction(get(part, "func")):
            waiting.append(part.func)


def steps_of(model: Any) -> Optional[List[Any]]:
    """The steps of a pipeline; None for other estimators."""
    steps = get(model, "steps")
    return [step for _, step in steps] if isinstance(steps, list) else None


def inner_models(model: Any) -> List[Any]:
    """The fitted models inside a model that take the same rows; at most 50."""
    found: List[Any] = []
    for name in _INNER:
        value = get(model, name)
        if isinstance(value, (np.ndarray, list, tuple)):
            found.extend(one for one in np.ravel(np.asarray(value, dtype=object)))
        elif value is not None:
            found.append(value)
    if not found and type(model).__name__ in _HOLDERS:
        found = [get(model, "estimator"), get(model, "base_estimator")]
    return [one for one in found if hasattr(one, "__dict__") and not isinstance(one, type)][:50]


_HOLDERS = {"_CalibratedClassifier", "FrozenEstimator", "SelectFromModel"}


def passes_through(step: Any) -> bool:
    """Whether a step accepts any rows and leaves the columns in place."""
    return isinstance(step, str) or step is None or "FunctionTransformer" in class_names(step)


def is_union(step: Any) -> bool:
    """Whether a step is a FeatureUnion, which gives the same rows to several transformers."""
    return get(step, "transformer_list") is not None


def column_parts(step: Any) -> Iterator[Tuple[str, Any, Any]]:
    """Name, transformer and columns of each part of a ColumnTransformer.

    There are none of an estimator that keeps its transformers in another way.
    """
    if not isinstance(step.transformers_, list):
        return
    resolved = get(step, "_columns") or []
    for place, (name, part, chosen) in enumerate(step.transformers_):
        if callable(chosen) and place < len(resolved):
            chosen = resolved[place]
        yield name, part, chosen


def positions(chosen: Any, names: List[Any]) -> List[int]:
    """The positions of the columns that a part of a ColumnTransformer takes."""
    if isinstance(chosen, slice):
        if isinstance(chosen.start, str) or isinstance(chosen.stop, str):
            start = names.index(chosen.start) if chosen.start is not None else 0
            stop = names.index(chosen.stop) + 1 if chosen.stop is not None else None
            return list(range(len(names)))[start:stop]
        return list(range(len(names)))[chosen]
    found = [chosen] if isinstance(chosen, (str, int)) else _listed(chosen)
    if found and all(isinstance(one, (bool, np.bool_)) for one in found):
        return [place for place, taken in enumerate(found) if taken]
    places = [names.index(one) if one in names else one for one in found]
    return [int(place) for place in places if not isinstance(place, str)]
