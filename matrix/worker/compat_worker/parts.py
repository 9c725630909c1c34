"""Find the estimators in a model, each with its path of names.

The path ``("prep", "cat")`` leads to the transformer ``cat`` in the step ``prep`` of a pipeline. An
estimator without a name of its own is named by attribute and position: ``estimators_[3]``.
"""

import contextlib
from inspect import isfunction
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

import numpy as np

from compat_worker.output_methods import CALLS

PartPath = Tuple[str, ...]

MAX_PARTS = 200
"""Estimators found per model, at most."""

MAX_MEMBERS = 8
"""Unnamed members found per ensemble, at most."""

MAX_DEPTH = 20
"""Names in a path, at most."""

MAX_NAME = 100
"""Characters of a name, at most."""

OUTPUT_METHODS = sorted(
    {name.partition("[")[0] for name, call in CALLS.items() if not name.endswith("_")}
    | {"radius_neighbors", "staged_predict", "__call__"}
)
"""The output methods of steps and of their helpers; ``__call__`` is that of kernels."""

_ESTIMATOR_METHODS = frozenset(OUTPUT_METHODS) - {"__call__", "apply"} | {"fit", "get_params"}

_FOREIGN = frozenset({"builtins", "numpy", "scipy", "pandas", "types", "functools", "joblib"})

_PROTOTYPES = {"estimator", "base_estimator"}
_FITTED = {"estimator_", "base_estimator_", "estimators_", "best_estimator_"}
_FITTED |= {"calibrated_classifiers_"}


class ModelPart:
    """An estimator and its path from the model."""

    def __init__(self, path: PartPath, thing: Any) -> None:
        self.path = path
        self.thing = thing


def parts_of(model: Any) -> Tuple[List[ModelPart], int]:
    """The model and the estimators inside it, outer ones first, and the number left out.

    A fitted estimator (``estimator_``) replaces the unfitted prototype that it was cloned from.
    """
    found: List[ModelPart] = [ModelPart((), model)]
    seen: Set[int] = {id(model)}
    left_out = 0
    for part in found:  # the loop appends to it
        held, beyond = _inner_estimators(part.thing)
        left_out += beyond
        for name, thing in held:
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            if len(found) >= MAX_PARTS or len(part.path) >= MAX_DEPTH:
                left_out += 1
                continue
            found.append(ModelPart(part.path + (name[:MAX_NAME],), thing))
    return found, left_out


def state(thing: Any) -> Dict[str, Any]:
    """The attributes of an object, from its ``__dict__`` and slots; none of its code is run."""
    found: Dict[str, Any] = {}
    for kind in reversed(_mro(thing)):
        slots = vars(kind).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else list(slots):
            member = vars(kind).get(name)
            if type(member).__name__ == "member_descriptor":
                try:
                    found[name] = member.__get__(thing, kind)
                except AttributeError:
                    continue  # never set
    try:
        own = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        own = {}
    if isinstance(own, dict):
        found.update((name, value) for name, value in own.items() if type(name) is str)
    return found


def is_estimator(thing: Any) -> bool:
    """Whether it is an estimator, or a helper written in Python that has outputs, as kernels do."""
    kind = type(thing)
    if issubclass(kind, type) or str(kind.__module__).partition(".")[0] in _FOREIGN:
        return False
    if not any(name in vars(one) for one in _mro(thing) for name in _ESTIMATOR_METHODS):
        return False
    return not is_compiled(kind)


def is_compiled(kind: type) -> bool:
    """Whether no method of a class is written in Python, so that its calls cannot be recorded."""
    return not any(isfunction(value) for one in kind.__mro__[:-1] for value in vars(one).values())


def _mro(thing: Any) -> Tuple[type, ...]:
    return type(thing).__mro__[:-1]


def _inner_estimators(thing: Any) -> Tuple[List[Tuple[str, Any]], int]:
    """The estimators directly inside an object, by name, and the number of further members."""
    found: List[Tuple[str, Any]] = []
    beyond = [0]
    with contextlib.suppress(Exception):  # keep what was found before an unusual object failed
        _collect(state(thing), found, beyond)
    return found, beyond[0]


def _collect(own: Dict[str, Any], found: List[Tuple[str, Any]], beyond: List[int]) -> None:
    for name, value in own.items():
        if is_prototype(name, own):
            continue
        names = _kept_names(own.get(name[:-1])) if name == "estimators_" else None
        found.extend(_inside(name, value, names, beyond, 3))


def is_prototype(name: str, own: Dict[str, Any]) -> bool:
    """Whether an attribute holds what a fitted attribute of the same object was cloned from."""
    return name + "_" in own or (name in _PROTOTYPES and bool(_FITTED & set(own)))


def _kept_names(prototypes: Any) -> Optional[List[str]]:
    """The names of the estimators that were not dropped; None if they have no names."""
    named = _named_pairs(prototypes)
    return named and [name for name, one in named if one is not None and one != "drop"]


def _named_pairs(value: Any) -> Optional[List[Tuple[str, Any]]]:
    """Names and estimators of a list as in pipelines and unions; None for other values."""
    if not isinstance(value, list) or not value:
        return None
    for item in value:
        if not isinstance(item, (tuple, list)) or len(item) < 2 or type(item[0]) is not str:
            return None
    return [(item[0], item[1] if _is_part(item[1]) else None) for item in value]


def _is_part(thing: Any) -> bool:
    return type(thing) is str or is_estimator(thing)


def _inside(
    name: str, value: Any, names: Optional[List[str]], beyond: List[int], depth: int
) -> Iterator[Tuple[str, Any]]:
    """The estimators in a value, which may be a collection, by name."""
    if is_estimator(value):
        yield name, value
        return
    named = _named_pairs(value)
    if named is not None:
        yield from ((label, one) for label, one in named if is_estimator(one))
        return
    if depth:
        for place, one in _members(value, beyond):
            whole = isinstance(place, int) and names is not None and len(names) == len(value)
            label = names[place] if whole and names else "{}[{}]".format(name, place)
            yield from _inside(label, one, None, beyond, depth - 1)


def _members(value: Any, beyond: List[int]) -> List[Tuple[Any, Any]]:
    """The first members of a collection with their positions; the rest is counted in ``beyond``."""
    kind = type(value)
    if kind is np.ndarray and value.dtype == object:
        value = value.ravel().tolist()
    elif isinstance(value, dict):
        named = [(key, one) for key, one in dict.items(value) if type(key) in (str, int)]
        beyond[0] += sum(is_estimator(one) for _, one in named[4 * MAX_MEMBERS :])
        return named[: 4 * MAX_MEMBERS]
    elif not isinstance(value, (list, tuple)):
        return []
    rest = value[MAX_MEMBERS : MAX_MEMBERS + 10000]
    if rest and (is_estimator(rest[0]) or isinstance(rest[0], list)):
        beyond[0] += len(rest)
    return list(enumerate(value[:MAX_MEMBERS]))
