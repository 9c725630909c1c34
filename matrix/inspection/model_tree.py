"""Build the tree of estimators in a file from its stand-ins."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

from matrix.inspection.arrays import Array
from matrix.inspection.describe_values import class_name, describe, shorten
from matrix.inspection.result import ModelNode
from matrix.inspection.stand_ins import Dict, Global, Object, StandIn

_DEPTH = 12
_NODES = 400
_CHILDREN = 60
_ATTRIBUTES = 60
_MAX_SEARCHED = 5_000
"""Elements of one list or dictionary that are searched for estimators."""
_ALONE = 5
"""Estimators of one class in a list that are shown one by one; more are counted."""
_VERSION = "_sklearn_version"
_DATA = {"numpy", "scipy", "pandas", "joblib", "threading", "collections"}
"""Packages whose objects are data, whatever they hold."""

FoundValue = tuple[str, StandIn, str]
"""Name, value, and the columns that a ColumnTransformer gives it (else empty)."""


def build_tree(value: StandIn) -> ModelNode:
    """The tree whose root is the object in a file."""
    return _Tree().node("", value)


def is_estimator(value: StandIn) -> bool:
    """Whether a stand-in is an instance of scikit-learn or of another package's estimator."""
    if not isinstance(value, Object) or not value.by_class or not isinstance(value.maker, Global):
        return False
    top = value.maker.module.partition(".")[0]
    if is_data_package(top):
        return False
    if not isinstance(value.state, Dict):
        return top != "sklearn" and value.state is None and not value.items and not value.args
    if value.state.get(_VERSION) is not None:
        return True
    held = list(value.state.pairs())[:_MAX_SEARCHED]
    if top == "sklearn":  # helper objects count only if they contain an estimator
        return any(
            isinstance(one, Object) and isinstance(one.state, Dict) and one.state.get(_VERSION)
            for key, one in held
            if type(key) is str and not key.startswith("_")
        )
    return True


def is_data_package(top: str) -> bool:
    """Whether objects of a top-level package are data, whatever they hold."""
    return top in _DATA or (top in sys.stdlib_module_names and top != "__main__")


class _Tree:
    """Builds nodes; an object that is referred to several times becomes one node."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._left = _NODES

    def node(self, name: str, value: StandIn, columns: str = "", depth: int = 0) -> ModelNode:
        self._left -= 1
        self._seen.add(id(value))
        kind = _kind(value)
        state = attributes(value)
        if not state:
            fitted = {} if isinstance(value, Object) and value.by_class else _described(value)
            children, hidden = self._children(_elements("", value), depth)
            return ModelNode(
                name=shorten(name),
                kind=kind,
                columns=columns,
                fitted=fitted,
                children=children,
                hidden=hidden,
            )
        version = state.pop(_VERSION, "")
        params = {key for key in state if isinstance(value, Object) and _is_parameter(key)}
        shown = dict(list(state.items())[:_ATTRIBUTES])
        inside = _inside(state) if isinstance(value, Object) else _elements("", value)
        children, hidden = self._children(inside, depth)
        return ModelNode(
            name=shorten(name),
            kind=kind,
            version=shorten(version, 40) if type(version) is str else "",
            columns=columns,
            params={shorten(key): describe(one) for key, one in shown.items() if key in params},
            fitted={shorten(key): describe(one) for key, one in shown.items() if key not in params},
            children=children,
            hidden=len(state) - len(shown) + hidden,
        )

    def _children(
        self, found: Iterator[FoundValue], depth: int
    ) -> tuple[tuple[ModelNode, ...], int]:
        """The child nodes, and the number of those left out."""
        children: list[ModelNode] = []
        hidden = 0
        for name, value, columns in found:
            if self._left <= 0 or len(children) >= _CHILDREN or depth >= _DEPTH:
                hidden += 1
            elif isinstance(value, _Repeated):
                first = self.node(name, value.first, depth=depth + 1)
                children.append(replace(first, count=value.count))
                self._seen.update(value.others)
            elif id(value) not in self._seen:
                children.append(self.node(name, value, columns, depth + 1))
        return tuple(children), hidden


class _Repeated:
    """Estimators of one class in a list, shown as one node with a count."""

    def __init__(self, found: list[Object]) -> None:
        self.first = found[0]
        self.count = len(found)
        self.others = {id(one) for one in found}


def _kind(value: StandIn) -> str:
    if isinstance(value, Object):
        name = class_name(value.maker)
        return name if value.by_class or not name else f"{name}(...)"
    if isinstance(value, Array):
        return class_name(value.subclass) or "numpy.ndarray"
    if isinstance(value, Global):
        return class_name(value)
    return type(value).__name__.lower()


def _described(value: StandIn) -> dict[str, str]:
    text = describe(value)
    return {"": text} if text else {}


def attributes(value: StandIn) -> dict[str, StandIn]:
    """The attributes of an object, or the items of a dictionary with string keys."""
    held = value.state if isinstance(value, Object) else value
    if isinstance(value, Object) and type(held) is tuple and len(held) == 2:  # with slots
        parts = [part.texts() for part in held if isinstance(part, Dict)]
        return {key: one for part in parts for key, one in part.items()}
    return held.texts() if isinstance(held, Dict) else {}


def _is_parameter(key: str) -> bool:
    return not key.endswith("_") and not key.startswith("_")


def _inside(state: Mapping[str, StandIn]) -> Iterator[FoundValue]:
    """Estimators in attributes; a fitted one replaces the prototype that it was cloned from."""
    fitted = {key.rstrip("_").removeprefix("best_") for key in state if key.endswith("_")}
    if "estimators_" in state:
        fitted |= {"estimator", "base_estimator"}
    copied = {"estimator_", "base_estimator_"} if "estimators_" in state else set()
    for key, value in state.items():
        if key in copied or (_is_parameter(key) and key in fitted):
            continue
        if is_estimator(value):
            yield key, value, ""
        else:
            yield from _elements(key, value)


def _elements(key: str, value: StandIn) -> Iterator[FoundValue]:
    """Estimators in a list, a dictionary or an array of objects."""
    if isinstance(value, Array):
        value = value.items
    if isinstance(value, Object) and value.pairs is not None:
        value = value.pairs
    if isinstance(value, Dict):
        for one, held in list(value.pairs())[:_MAX_SEARCHED]:
            if is_estimator(held):
                yield _indexed(key, describe(one) if key else _key_text(one)), held, ""
    elif isinstance(value, (list, tuple)):
        yield from _listed(key, list(value[:_MAX_SEARCHED]))


def _key_text(key: StandIn) -> str:
    return key if type(key) is str else describe(key)


def _indexed(key: str, index: str) -> str:
    return f"{key}[{index}]" if key else index


def _listed(key: str, values: list[StandIn]) -> Iterator[FoundValue]:
    bare = [one for one in values if is_estimator(one)]
    if len(bare) > _ALONE and len({id(one.maker) for one in bare}) == 1:
        yield key, _Repeated(bare), ""
        return
    for index, one in enumerate(values):
        if is_estimator(one):
            yield _indexed(key, str(index)), one, ""
        elif isinstance(one, tuple) and len(one) in (2, 3) and type(one[0]) is str:
            if is_estimator(one[1]):
                yield one[0], one[1], describe(one[2]) if len(one) == 3 else ""
        elif isinstance(one, (list, tuple)):
            yield from (
                (_indexed(key, str(index)), inner, "") for inner in one if is_estimator(inner)
            )
