"""Describe the attributes of an estimator without running any code of the model."""

import inspect
from typing import Any, Dict, List

import numpy as np

from compat_worker.parts import is_compiled, is_estimator, state

Described = Dict[str, Any]

MAX_ATTRIBUTES = 200
"""Attributes described per object, and parameters per class, at most."""

MAX_TEXT = 120
"""Characters of a described text, at most."""


def describe_attributes(thing: Any) -> Dict[str, Described]:
    """By name, the attributes of an estimator and those of scikit-learn's helper objects in it."""
    found: Dict[str, Described] = {}
    try:
        own = state(thing)
    except Exception:
        return found
    for name, value in own.items():
        found[shorten(name)] = describe(value)
        for inner, held in _helper_contents(value).items():
            found[shorten(name + inner)] = describe(held)
        if len(found) >= MAX_ATTRIBUTES:
            break
    return {name: found[name] for name in list(found)[:MAX_ATTRIBUTES]}


def describe(value: Any) -> Described:
    """The ``type`` of a value, and its ``dtype``, ``shape`` and ``shown`` where they apply."""
    if isinstance(value, np.dtype):  # newer releases of numpy have one class per dtype
        return {"type": "numpy.dtype", "shown": shorten(str(value))}
    found: Described = {"type": type_name(type(value))}
    try:
        found.update(_details(value))
    except Exception:  # an object without readable details is described by its type
        return found
    return found


def type_name(kind: type) -> str:
    """The name of a class, with its module unless that is ``builtins``."""
    module, name = str(kind.__module__), str(kind.__qualname__)
    return shorten(name if module == "builtins" else "{}.{}".format(module, name))


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """A text without lone surrogates, cut to ``limit`` characters."""
    text = text[: 2 * limit].encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def parameter_defaults(kind: type) -> Dict[str, str]:
    """The constructor parameters of a class, by name the default as text; empty without one."""
    try:
        parameters: List[Any] = list(inspect.signature(kind.__init__).parameters.values())
    except Exception:  # no readable signature
        return {}
    named = [one for one in parameters[1:] if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    return {shorten(one.name): _default(one) for one in named[:MAX_ATTRIBUTES]}


def _default(parameter: Any) -> str:
    if parameter.default is parameter.empty:
        return ""
    found = describe(parameter.default)
    return str(found.get("shown", found["type"]))


def _details(value: Any) -> Described:
    kind = type(value)
    if value is None or kind in (bool, int, float, complex):
        return {"shown": shorten(repr(value))}
    if kind in (str, bytes):
        return {"shown": shorten(repr(value[:MAX_TEXT]))}
    if isinstance(value, np.generic):
        return {"shown": shorten(repr(np.generic.item(value)))}
    if kind is np.ndarray:
        return _array(value)
    module = str(kind.__module__)
    if module.startswith("scipy.sparse"):
        return {"dtype": str(value.dtype), "shape": [int(length) for length in value.shape]}
    if module.startswith("pandas."):
        return {"shape": [int(length) for length in getattr(value, "shape", ())]}
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        return {"shape": [len(value)]}
    if inspect.isfunction(value) or inspect.isclass(value) or inspect.isbuiltin(value):
        return {"shown": shorten("{}.{}".format(value.__module__, value.__qualname__))}
    return {}


def _array(value: Any) -> Described:
    names = value.dtype.names
    dtype = "fields " + ", ".join(names) if names else str(value.dtype)
    found: Described = {"dtype": shorten(dtype, 4 * MAX_TEXT), "shape": list(value.shape)}
    if value.dtype.kind in "iuf" and value.size:
        low, high = np.nanmin(value), np.nanmax(value)
        found["shown"] = "{:.6g} to {:.6g}".format(low, high)
    return found


def _helper_contents(value: Any) -> Dict[str, Any]:
    """What a helper object of scikit-learn holds, such as the arrays of a tree, by access path."""
    kind = type(value)
    if not str(kind.__module__).startswith("sklearn.") or is_estimator(value):
        return {}
    try:
        held = value.__getstate__() if is_compiled(kind) else state(value)
    except Exception:
        return {}
    if isinstance(held, tuple):
        return {"[{}]".format(place): one for place, one in enumerate(held)}
    return {".{}".format(name): one for name, one in held.items()} if isinstance(held, dict) else {}
