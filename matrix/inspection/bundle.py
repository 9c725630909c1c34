"""Find the models in a file that holds several objects: a dictionary, a list, a tuple of them."""

from __future__ import annotations

from collections.abc import Iterator

from matrix.inspection.arrays import Array
from matrix.inspection.model_tree import is_estimator
from matrix.inspection.result import Bundle, Part, Step
from matrix.inspection.stand_ins import Dict, Global, Object, StandIn

_DEPTH = 5
_MOST_PARTS = 200
"""Values of a bundle that are told apart; the rest are counted."""
_MOST_NUMBER = 10**9
_NAMESPACES = frozenset({("types", "SimpleNamespace"), ("argparse", "Namespace")})
_STEPS_BEFORE = (
    *("sklearn.feature_extraction.", "sklearn.preprocessing.", "sklearn.decomposition."),
    *("sklearn.impute.", "sklearn.feature_selection.", "sklearn.random_projection."),
    *("sklearn.kernel_approximation.", "sklearn.compose."),
)
"""Modules of transformers that people keep beside their predictor."""
_OF_LABELS = ("LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer")


def find_bundle(root: StandIn) -> Bundle:
    """Return the models and other values in the object of a file.

    A file whose object is a model is no bundle: the result is empty.
    """
    if is_estimator(root) or not any(True for _ in _items(root)):
        return Bundle()
    found = list(_leaves(root, (), 0, set()))
    models = tuple(Part(path=path, kind=_kind(one)) for path, one in found if is_estimator(one))
    if not models:
        return Bundle()
    values = tuple(path for path, one in found if not is_estimator(one))
    return Bundle(
        models=models, values=values[:_MOST_PARTS], together=_together(models), of=_container(root)
    )


def _leaves(
    value: StandIn, path: tuple[Step, ...], depth: int, seen: set[int]
) -> Iterator[tuple[tuple[Step, ...], StandIn]]:
    """The models and values in a container; a model that occurs twice comes once."""
    for step, held in _items(value):
        if len(seen) > 10 * _MOST_PARTS:
            return
        if is_estimator(held):
            if id(held) not in seen:
                seen.add(id(held))
                yield (*path, step), held
        elif depth < _DEPTH and _holds_estimators(held, _DEPTH - depth):
            yield from _leaves(held, (*path, step), depth + 1, seen)
        else:
            yield (*path, step), held


def _holds_estimators(value: StandIn, depth: int) -> bool:
    if depth <= 0:
        return False
    return any(
        is_estimator(held) or _holds_estimators(held, depth - 1) for _, held in _items(value)
    )


def _items(value: StandIn) -> Iterator[tuple[Step, StandIn]]:
    """The items of a container, with the steps that lead to them."""
    if isinstance(value, Object) and _is_namespace(value) and isinstance(value.state, Dict):
        for name, held in value.state.texts().items():
            yield Step(kind="attribute", name=name), held
        return
    inside = _container_of(value)
    if isinstance(inside, Dict):
        for key, held in inside.pairs():
            if type(key) is str:
                yield Step(kind="key", name=key), held
            elif type(key) is int and abs(key) < _MOST_NUMBER:
                yield Step(kind="index", number=key), held
    elif isinstance(inside, (list, tuple)):
        for number, held in enumerate(inside):
            yield Step(kind="index", number=number), held


def _container_of(value: StandIn) -> StandIn:
    """The items in an ``OrderedDict``, a ``defaultdict`` or an array; other values as they are."""
    if isinstance(value, Object):
        return value.pairs
    if isinstance(value, Array):
        return value.items if value.shape is not None and len(value.shape) == 1 else None
    return value


def _is_namespace(value: Object) -> bool:
    return isinstance(value.maker, Global) and value.maker.pair in _NAMESPACES


def _kind(value: StandIn) -> str:
    maker = value.maker if isinstance(value, Object) else None
    return f"{maker.module}.{maker.qualname}"[:200] if isinstance(maker, Global) else ""


def _container(root: StandIn) -> str:
    if isinstance(root, Object):
        return _kind(root).rpartition(".")[2]
    return "array" if isinstance(root, Array) else type(root).__name__.lower()


def _together(models: tuple[Part, ...]) -> tuple[tuple[Part, ...], ...]:
    """For each predictor, the transformers that may belong before it, and itself."""
    before = [one for one in models if one.kind.startswith(_STEPS_BEFORE)]
    before = [one for one in before if not one.kind.endswith(_OF_LABELS)]
    last = [one for one in models if not one.kind.startswith(_STEPS_BEFORE)]
    if not before or len(before) > 4 or len(last) > 4:
        return ()
    return tuple((*before, one) for one in last)
