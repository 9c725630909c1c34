"""What an estimator holds, in a word for each attribute; nothing of a model's own is run for it."""

import inspect
from typing import Any, Dict, List

import numpy as np

from compat_worker.parts import is_compiled, is_estimator, state

Described = Dict[str, Any]

MAX_ATTRIBUTES = 200
"""Attributes of one object that are described, at most; parameters of one class."""

MAX_TEXT = 120
"""Letters of a text, at most."""


def describe_attributes(thing: Any) -> Dict[str, Described]:
    """By name, what an estimator holds; and what its helpers hold in their turn."""
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
    """``type`` of a value; ``dtype`` and ``shape`` or ``shown``, where it has them."""
    if isinstance(value, np.dtype):  # each has a class of its own, by the release of numpy
        return {"type": "numpy.dtype", "shown": shorten(str(value))}
    found: Described = {"type": type_name(type(value))}
    try:
        found.update(_details(value))
    except Exception:  # an odd object is known by its type
        return found
    return found


def type_name(kind: type) -> str:
    """A class with its module, unless that is ``builtins``."""
    module, name = str(kind.__module__), str(kind.__qualname__)
    return shorten(name if module == "builtins" else "{}.{}".format(module, name))


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """A text without what cannot be written, and not too long."""
    text = text[: 2 * limit].encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def parameter_defaults(kind: type) -> Dict[str, str]:
    """The parameters of a class here with their defaults; empty text for those without one."""
    try:
        parameters: List[Any] = list(inspect.signature(kind.__init__).parameters.values())
    except Exception:  # it has none that can be told
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
    """What a helper of scikit-learn's holds, such as the arrays of a tree, by how it is reached."""
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
