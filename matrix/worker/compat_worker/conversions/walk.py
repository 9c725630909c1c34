"""Visit every object of scikit-learn in a model, whatever holds it."""

from typing import Any, Iterator, List

from compat_worker.conversions.conversion import own

_LONGEST = 100000
"""Elements of a list that are searched, at most."""


def objects(model: Any) -> List[Any]:
    """The objects of scikit-learn classes in a model, each once, inner ones before outer ones."""
    found = []
    seen = set()
    waiting = [model]
    kept = []  # so that no id is used twice
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        kept.append(one)
        if own(one) and is_of_sklearn(type(one)):
            found.append(one)
        waiting.extend(_inside(one))
    return found[::-1]


def is_of_sklearn(kind: type) -> bool:
    """Whether a class or one of its bases is defined in scikit-learn."""
    return any(base.__module__.partition(".")[0] == "sklearn" for base in kind.__mro__)


def _inside(one: Any) -> Iterator[Any]:
    """The values inside an object that may be or hold objects."""
    if isinstance(one, dict):
        values = list(one.values())
    elif isinstance(one, (list, tuple)):
        values = list(one[:_LONGEST])
    elif getattr(getattr(one, "dtype", None), "kind", "") == "O" and hasattr(one, "ravel"):
        values = one.ravel().tolist()[:_LONGEST]
    else:
        values = list(own(one).values()) if not isinstance(one, type) else []
    return (value for value in values if _may_hold(value))


def _may_hold(value: Any) -> bool:
    if isinstance(value, (dict, list, tuple)):
        return True
    if getattr(getattr(value, "dtype", None), "kind", "") == "O":
        return True
    return isinstance(getattr(value, "__dict__", None), dict) and not callable(value)
