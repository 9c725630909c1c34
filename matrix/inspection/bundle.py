"""Find the models in a file that holds several objects: a dictionary, a list, a tuple of them.

An object of the user's own class is a model if the class has a method such as ``predict``, which no
file shows. So what such an object holds is found too, to be used where it is not a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matrix.frameworks import BY_MODULE
from matrix.inspection.arrays import Array
from matrix.inspection.model_tree import attributes, is_data_package, is_estimator
from matrix.inspection.result import Bundle, OwnObject, Part, Step
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
    if is_estimator(root):
        own = _own_object((), root)
        if own is None:
            return Bundle()
        whole = Part(path=(), kind=own.kind)
        return Bundle(models=(whole,), of=_container(root), own=(own,))
    found = list(_leaves(root, (), 0, set()))
    models, values = _sorted(found)
    if not models:
        return Bundle()
    objects = (_own_object(path, one) for path, one in found if is_estimator(one))
    return Bundle(
        models=models,
        values=values,
        together=_together(models),
        of=_container(root),
        own=tuple(one for one in objects if one is not None),
    )


def _sorted(
    found: Iterable[tuple[tuple[Step, ...], StandIn]],
) -> tuple[tuple[Part, ...], tuple[tuple[Step, ...], ...]]:
    """The models, and the paths of everything else."""
    found = list(found)
    models = tuple(Part(path=path, kind=_kind(one)) for path, one in found if is_estimator(one))
    values = tuple(path for path, one in found if not is_estimator(one))
    return models, values[:_MOST_PARTS]


def _own_object(path: tuple[Step, ...], value: StandIn) -> OwnObject | None:
    """An object of the user's own class with the models in it; None if it holds none."""
    if not _is_own(value):
        return None
    models, values = _sorted(_leaves(value, path, 0, {id(value)}, into_own=True))
    if not models:
        return None
    return OwnObject(
        path=path, kind=_kind(value), models=models, values=values, together=_together(models)
    )


def _is_own(value: StandIn) -> bool:
    """Whether an object is of the user's own class, or of a package that is not known."""
    if not isinstance(value, Object) or not value.by_class or not isinstance(value.maker, Global):
        return False
    top = value.maker.module.partition(".")[0]
    return top not in BY_MODULE and not is_data_package(top)


def _leaves(
    value: StandIn,
    path: tuple[Step, ...],
    depth: int,
    seen: set[int],
    *,
    into_own: bool = False,
) -> Iterator[tuple[tuple[Step, ...], StandIn]]:
    """The models and values in a container; a model that occurs twice comes once.

    With ``into_own``, what an object of the user's own class holds comes after the object.
    """
    for step, held in _items(value):
        if len(seen) > 10 * _MOST_PARTS:
            return
        if is_estimator(held):
            if id(held) in seen:
                continue
            seen.add(id(held))
            yield (*path, step), held
            if into_own and depth < _DEPTH and _is_own(held):
                inner = _leaves(held, (*path, step), depth + 1, seen, into_own=True)
                yield from (one for one in inner if is_estimator(one[1]))
        elif depth < _DEPTH and _holds_estimators(held, _DEPTH - depth):
            yield from _leaves(held, (*path, step), depth + 1, seen, into_own=into_own)
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
    if isinstance(value, Object) and (_is_namespace(value) or _is_own(value)):
        yield from _held_by_object(value)
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


def _held_by_object(value: Object) -> Iterator[tuple[Step, StandIn]]:
    """The attributes of an object, or the items of a named tuple: their names are in its class."""
    for name, held in attributes(value).items():
        yield Step(kind="attribute", name=name), held
    if value.state is None and _is_own(value):
        for number, held in enumerate(value.args):
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
