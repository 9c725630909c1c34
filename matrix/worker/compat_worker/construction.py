"""The expression that builds an untrained copy of a model, as plain data.

A value is one of these, as a list whose first item says which:
``["plain", value]`` (None, a boolean, an integer, a finite float or a string), ``["float", text]``
(``nan``, ``inf``, ``-inf``), ``["list" | "tuple", values]``, ``["dict", [[key, value], ...]]``,
``["name", module, name]`` (a function or class), ``["made", module, name, [[parameter, value],
...]]`` (an estimator, or a kernel), ``["array", dtype, values]`` and ``["other", words]``.
"""

import sys
from typing import Any, List, Tuple

from compat_worker import bundle_parts, loader_guard
from compat_worker.answer import Answer, KeptContents, Piece, complete_answer
from compat_worker.formats import READABLE
from compat_worker.journal import Journal
from compat_worker.observe import SeenWarnings, failure

Value = List[Any]

_DEEPEST = 12
_MOST = 200
"""Elements of one list, dict or array."""


def construct(piece: Piece, journal: Journal) -> Answer:
    """The answer to one piece of a ``construct`` request, as ``worker.py`` describes it."""
    seen = SeenWarnings(journal.stage)
    return complete_answer(lambda: _construct(piece, seen), seen, KeptContents(journal))


def _construct(piece: Piece, seen: SeenWarnings) -> Answer:
    chosen = READABLE[piece["format"]]
    missing = chosen.why_not_loaded()
    if missing is not None:
        return {"unavailable": missing}
    try:
        with seen.during("load"), loader_guard.guarded(piece.get("allowed")):
            loaded = chosen.load(piece["path"])
        found = construction(bundle_parts.take(loaded, piece.get("part")))
    except (Exception, SystemExit) as error:
        return {"raised": failure(error)}
    return {"construction": found}


def construction(model: Any, depth: int = 0) -> Value:
    """How to build a value again, as above.

    Args:
        model: an estimator, or anything that a parameter holds.
        depth: how deep in the parameters it is.
    """
    if depth > _DEEPEST:
        return ["other", type(model).__name__]
    if model is None or isinstance(model, (bool, str)):
        return ["plain", model]
    if isinstance(model, int):
        return ["plain", int(model)]
    if isinstance(model, float):
        return ["plain", float(model)] if model - model == 0 else ["float", str(float(model))]
    if type(model).__name__ == "ufunc":
        return ["name", "numpy", model.__name__]
    if isinstance(model, type) or (callable(model) and hasattr(model, "__qualname__")):
        return _named(model)
    if isinstance(model, (list, tuple)) and len(model) <= _MOST:
        items = [construction(one, depth + 1) for one in model]
        return ["tuple" if isinstance(model, tuple) else "list", items]
    if isinstance(model, dict) and len(model) <= _MOST:
        pairs = model.items()
        found = [[construction(key, depth + 1), construction(one, depth + 1)] for key, one in pairs]
        return ["dict", found]
    if hasattr(model, "get_params"):
        return _made(model, depth)
    return _array(model)


def _named(one: Any) -> Value:
    name = getattr(one, "__qualname__", "")
    if not all(part.isidentifier() for part in name.split(".")):
        return ["other", name or type(one).__name__]
    return ["name", *_public(one)]


def _made(one: Any, depth: int) -> Value:
    """An estimator with the parameters that it was made with."""
    parameters = one.get_params(deep=False)
    pairs = [[name, construction(parameters[name], depth + 1)] for name in sorted(parameters)]
    return ["made", *_public(type(one)), pairs]


def _array(one: Any) -> Value:
    dtype = getattr(one, "dtype", None)
    if getattr(dtype, "kind", "") not in ("b", "i", "u", "f", "U"):
        return ["other", "a {}".format(type(one).__name__)]
    if getattr(one, "ndim", 1) == 0:
        return construction(one.item())
    if one.size > _MOST or one.ndim != 1:
        return ["other", "an array of shape {}".format(tuple(one.shape))]
    return ["array", str(dtype), [construction(value) for value in one.tolist()]]


def _public(one: Any) -> Tuple[str, str]:
    """The shortest module that has a class or function under its name, and that name."""
    name = one.__qualname__
    parts = one.__module__.split(".")
    for length in range(2, len(parts)):
        module = ".".join(parts[:length])
        if getattr(sys.modules.get(module), name, None) is one:
            return module, name
    return one.__module__, name
