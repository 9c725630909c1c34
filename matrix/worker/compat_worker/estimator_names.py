"""The class names of the estimators in a model.

No code of the model is run: attributes are read from ``__dict__``. A model may contain itself or
millions of objects, so the number of objects visited and of names returned is limited.
"""

from typing import Any, Dict, Iterator, List, Set

import numpy as np

MAX_NAMES = 100
MAX_NAME_LENGTH = 200
_MAX_OBJECTS = 2000
_MAX_ELEMENTS = 100
"""Entries visited per list, dictionary or array."""


def class_names(model: Any) -> List[str]:
    """Full class names of a model and of all estimators in it, the model first.

    Empty if the attributes of the model cannot be read.
    """
    try:
        return _class_names(model)
    except Exception:
        return []


def _class_names(model: Any) -> List[str]:
    if vars(type(model)).get("__module__") == _OF_KERAS:
        found: List[str] = model.class_names()
        return found[:MAX_NAMES]
    names: Dict[str, None] = {}
    seen: Set[int] = set()
    waiting = [model]
    for one in waiting:  # the loop appends to it
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one is model or _is_estimator(one):
            names[_name(_kind_of(one))] = None
        if len(seen) >= _MAX_OBJECTS or len(names) >= MAX_NAMES:
            break
        waiting.extend(inner for inner in _inside(one) if not issubclass(type(inner), _PLAIN))
    return list(names)


_PLAIN = (str, bytes, bool, int, float, complex, type(None), type, np.generic)


def _kind_of(one: Any) -> type:
    """The class of an object; that of the object in the file for what stands for it."""
    held = _STAND_FOR.get(vars(type(one)).get("__module__"))
    return type(object.__getattribute__(one, held)) if held else type(one)


_STAND_FOR = {"compat_worker.booster_models": "_Booster", "compat_worker.forecast_models": "fitted"}
"""By module of a class that stands for a bare booster or a time series, the attribute with that."""
_OF_KERAS = "compat_worker.keras_models"
"""The module of the class that stands for a model of Keras, which names its layers itself."""


def _is_estimator(one: Any) -> bool:
    return any("fit" in vars(kind) for kind in type(one).__mro__)


def _name(kind: type) -> str:
    module, name = vars(kind).get("__module__"), kind.__qualname__
    return "{}.{}".format(module if isinstance(module, str) else "", name)[:MAX_NAME_LENGTH]


def _inside(one: Any) -> Iterator[Any]:
    kind = type(one)  # isinstance would read the object's own __class__
    if issubclass(kind, dict):
        found: Any = list(dict.values(one))
    elif issubclass(kind, (list, tuple)):
        found = one
    elif issubclass(kind, np.ndarray):
        found = one.flat if one.dtype.hasobject else ()
    else:
        try:
            found = list(object.__getattribute__(one, "__dict__").values())
        except Exception:  # a class with slots, or one written in C
            found = ()
    return iter(found[:_MAX_ELEMENTS])
