"""What estimators outside scikit-learn show of the table that they were fitted on.

category_encoders and feature_engine keep the categories of each column by its name, and interpret
keeps them in a list; LightGBM, xgboost and CatBoost keep names and types of columns in their own
attributes.
"""

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from compat_worker import booster_faults
from compat_worker.catboost_categories import LearnedTexts

MAX_CATEGORIES = 10000
"""Categories of one column that are read, at most."""

_MAX_ATTRIBUTES = 200


def booster_of(step: Any) -> Any:
    """The booster of a model of xgboost or LightGBM; None for others."""
    if booster_faults.kind(step) is not None:
        return step
    booster = _get(step, "_Booster")
    return booster if booster_faults.kind(booster) is not None else None


def is_booster(step: Any) -> bool:
    """Whether a model of xgboost, LightGBM or CatBoost takes the rows."""
    return booster_of(step) is not None or (
        _top(step) == "catboost" and bool(_get(step, "feature_names_"))
    )


def column_names(step: Any) -> Optional[List[str]]:
    """The names of the columns that an estimator was fitted on; None if they had none."""
    mapped = [name for names, _ in mapped_parts(step) for name in names]
    if mapped:
        return list(dict.fromkeys(mapped))
    if _top(step) == "category_encoders":
        return _encoded_names(step)
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


def _encoded_names(step: Any) -> Optional[List[str]]:
    """The inputs of an encoder of an old category_encoders, which keeps the names of its outputs.

    The encoder that it makes numbers with has as many outputs as inputs, under the same names.
    """
    width = _get(step, "_dim")
    for one in (_get(step, "ordinal_encoder"), step):
        names = _get(one, "feature_names")
        if isinstance(names, list) and len(names) == width and width:
            return [str(name) for name in names]
    return None


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


def unknown_categories(step: Any, names: Sequence[Any]) -> List[int]:
    """The positions of columns with categories that are not in the model.

    CatBoost and the hashing encoder of category_encoders keep hashes.

    Args:
        step: an estimator.
        names: of its inputs.
    """
    if _top(step) == "category_encoders":
        chosen = _get(step, "cols")
        return [at for at, name in enumerate(names) if name in (chosen or ())]
    if _top(step) != "catboost":
        return []
    return [int(place) for place in _called(step, "get_cat_feature_indices") or ()]


def learned_texts(step: Any, place: int) -> Optional[LearnedTexts]:
    """What tells whether a CatBoost model has learned a text of a column; None for others."""
    return LearnedTexts(step, place) if _top(step) == "catboost" else None


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


class ColumnFacts(NamedTuple):
    """What an attribute of an estimator says of one column."""

    place: int
    """The position of the column among the inputs of the estimator."""
    texts: List[str]
    """Texts that it learned from the column."""
    edges: List[float]
    """Ends of the bins of a column of numbers."""
    centre: Optional[float] = None
    """A mean, a median or a fill value of a column of numbers."""


def facts_of_columns(step: Any, names: Sequence[Any]) -> Iterator[ColumnFacts]:
    """What an encoder, an imputer or a class of unknown code learned from each column.

    It is read from dictionaries by name of a column, and from lists with an entry for each column.

    Args:
        step: an estimator.
        names: of its inputs; None for an input without a name.
    """
    places = {str(name): at for at, name in enumerate(names) if name is not None}
    for attribute, value in _attributes(step):
        for column, values in _by_column(value, len(names)):
            place = column if isinstance(column, int) else places.get(column.name)
            if place is None:
                continue
            learned = attribute.endswith(("_", "mapping"))
            texts = _texts(values) if learned or _is_mapping(values) else []
            edges = _edges(values) if _EDGES.search(attribute) else []
            centre = _number(values) if _CENTRES.search(attribute) else None
            if texts or edges or centre is not None:
                yield ColumnFacts(place, texts, edges, centre)


_EDGES = re.compile("bin|edge|threshold|cut|knot")
_CENTRES = re.compile("mean|median|imput|fill")
"""Names of attributes with numbers of a known meaning."""


def _attributes(step: Any) -> Iterator[Any]:
    """Attributes of an estimator, and of the encoders directly in it."""
    own = list(vars(step).items())[:_MAX_ATTRIBUTES] if hasattr(step, "__dict__") else []
    for name, value in own:
        yield name, value
        if _top(value) == _top(step) and hasattr(value, "__dict__"):
            for inner in list(vars(value).items())[:_MAX_ATTRIBUTES]:
                yield inner


class _Named(NamedTuple):
    name: str


def _by_column(value: Any, width: int) -> List[Tuple[Any, Any]]:
    """Positions or names of columns, with what an attribute has for each of them."""
    if isinstance(value, dict):
        return [(_Named(str(key)), one) for key, one in value.items() if _is_name(key)]
    if hasattr(value, "index") and hasattr(value, "iloc") and not hasattr(value, "columns"):
        names = list(value.index[:MAX_CATEGORIES])
        return [(_Named(name), one) for name, one in zip(names, value) if isinstance(name, str)]
    if not isinstance(value, (list, tuple)) or not value:
        return []
    if all(isinstance(one, dict) and {"col", "mapping"} <= set(one) for one in value):
        return [(_Named(str(one["col"])), one["mapping"]) for one in value]
    if len(value) != width or any(isinstance(one, str) for one in value):
        return []
    return [(at, _finest(one)) for at, one in enumerate(value)]


def _is_name(key: Any) -> bool:
    return isinstance(key, (str, int)) and not isinstance(key, bool)


def _finest(value: Any) -> Any:
    """The first of the divisions of a column that interpret keeps, which is the finest."""
    if isinstance(value, list) and value and isinstance(value[0], (dict, np.ndarray)):
        return value[0]
    return value


def _is_mapping(values: Any) -> bool:
    return isinstance(values, dict) or (hasattr(values, "index") and hasattr(values, "iloc"))


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


def _edges(values: Any) -> List[float]:
    """Numbers that rise; empty for anything else."""
    if not isinstance(values, (list, tuple, np.ndarray)):
        return []
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return []
    if found.ndim != 1 or not found.size or not (found[1:] > found[:-1]).all():
        return []
    return [float(one) for one in found if np.isfinite(one)]


def _number(value: Any) -> Optional[float]:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    return float(value) if np.isfinite(value) else None


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
