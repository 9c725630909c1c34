"""What estimators outside scikit-learn show of the table that they were fitted on.

category_encoders and feature_engine keep the categories of each column by its name; LightGBM,
xgboost and CatBoost keep names and types of columns in their own attributes.
"""

import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

import numpy as np

from compat_worker import booster_faults

MAX_CATEGORIES = 10000
"""Categories of one column that are read, at most."""

_MAX_ATTRIBUTES = 200


def booster_of(step: Any) -> Any:
    """The booster of a model of xgboost or LightGBM; None for others."""
    if booster_faults.kind(step) is not None:
        return step
    booster = _get(step, "_Booster")
    return booster if booster_faults.kind(booster) is not None else None


def column_names(step: Any) -> Optional[List[str]]:
    """The names of the columns that an estimator was fitted on; None if they had none."""
    mapped = [name for names, _ in mapped_parts(step) for name in names]
    if mapped:
        return list(dict.fromkeys(mapped))
    if _top(step) == "catboost":
        names = _get(step, "feature_names_")
        numbered = [str(place) for place in range(len(names or ()))]
    else:
        booster = booster_of(step)
        lightgbm = booster_faults.kind(booster) == "lightgbm"
        names = _called(booster, "feature_name") if lightgbm else _get(booster, "feature_names")
        numbered = ["Column_{}".format(place) for place in range(len(names or ()))]
    texts = [str(name) for name in names or ()]
    return texts if texts and texts != numbered else None


def mapped_parts(step: Any) -> List[Tuple[List[str], Any]]:
    """The columns and the transformer of each part of a mapper of sklearn-pandas."""
    if _top(step) != "sklearn_pandas":
        return []
    found = []
    for part in _get(step, "built_features") or ():
        names = [part[0]] if isinstance(part[0], str) else part[0]
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            found.append((names, part[1]))
    return found


def category_columns(step: Any) -> Dict[int, Optional[List[Any]]]:
    """By position, the columns that had pandas' category type, with their categories if known."""
    booster = booster_of(step)
    kind = booster_faults.kind(booster)
    if kind == "xgboost":
        types = _get(booster, "feature_types") or ()
        return {place: None for place, one in enumerate(types) if one == "c"}
    known = _get(booster, "pandas_categorical") if kind == "lightgbm" else None
    places = _lightgbm_categories(booster) if known else []
    if not known or len(places) != len(known):
        return {}
    return {place: list(values) for place, values in zip(places, known)}


def unknown_categories(step: Any) -> List[int]:
    """The positions of columns with categories that are not in the model: CatBoost keeps hashes."""
    if _top(step) != "catboost":
        return []
    return [int(place) for place in _called(step, "get_cat_feature_indices") or ()]


def catboost_width(step: Any) -> Optional[int]:
    """The number of columns that a CatBoost model takes; None for others."""
    return len(_get(step, "feature_names_") or ()) if _top(step) == "catboost" else None


def catboost_borders(step: Any) -> Dict[int, List[float]]:
    """By position of a column of numbers, the values that a CatBoost model splits it at."""
    if _top(step) != "catboost":
        return {}
    found = _called(step, "get_borders") or {}
    return {int(place): list(values) for place, values in found.items() if len(values)}


def _lightgbm_categories(booster: Any) -> List[int]:
    places = (_get(booster, "params") or {}).get("categorical_column")
    if places is None:
        text = str(_called(booster, "model_to_string"))
        found = re.search(r"^\[categorical_feature: ([\d,]*)\]", text, re.MULTILINE)
        places = found.group(1).split(",") if found is not None and found.group(1) else []
    return sorted(int(place) for place in places)


def texts_by_column(step: Any) -> Dict[str, List[str]]:
    """By name of a column, the texts that an encoder or imputer learned from it."""
    found: Dict[str, List[str]] = {}
    for name, value in _attributes(step):
        for column, values in _of_encoder(value) or (
            _of_dict(value) if name.endswith(("_", "mapping")) else ()
        ):
            texts = _texts(values)
            if texts:
                found.setdefault(str(column), []).extend(texts)
    return found


def _attributes(step: Any) -> Iterator[Any]:
    """Attributes of an estimator, and of the encoders directly in it."""
    own = list(vars(step).items())[:_MAX_ATTRIBUTES] if hasattr(step, "__dict__") else []
    for name, value in own:
        yield name, value
        if _top(value) == _top(step) and hasattr(value, "__dict__"):
            for inner in list(vars(value).items())[:_MAX_ATTRIBUTES]:
                yield inner


def _of_encoder(value: Any) -> List[Any]:
    """Columns with categories, from the mapping of an ordinal encoder of category_encoders."""
    if not isinstance(value, list) or not value:
        return []
    if not all(isinstance(one, dict) and {"col", "mapping"} <= set(one) for one in value):
        return []
    return [(one["col"], one["mapping"]) for one in value]


def _of_dict(value: Any) -> List[Any]:
    """Columns with their categories, from a dictionary by column."""
    if not isinstance(value, dict):
        return []
    return [(name, one) for name, one in value.items() if isinstance(name, str)]


def _texts(values: Any) -> List[str]:
    """The texts among the keys of a mapping, or among some values."""
    if isinstance(values, str):
        return [values]
    if hasattr(values, "index") and hasattr(values, "iloc"):
        values = list(values.index[:MAX_CATEGORIES])
    elif isinstance(values, (dict, list, tuple, np.ndarray)):
        values = list(values)[:MAX_CATEGORIES]
    else:
        return []
    return [value for value in values if isinstance(value, str)]


def _get(thing: Any, name: str) -> Any:
    try:
        return getattr(thing, name, None)
    except Exception:
        return None


def _called(thing: Any, name: str) -> Any:
    try:
        return getattr(thing, name)()
    except Exception:
        return None


def _top(thing: Any) -> str:
    return type(thing).__module__.split(".")[0]
