"""Parameters that the classes of a loaded model have in this environment and the model lacks.

A path is a list that leads from the model to an object in it: a string is the name of an attribute
or the key of a dict, a number is a position. The path of an estimator as in ``parts.py`` works too.
"""

import inspect
from typing import Any, Callable, Dict, Iterator, List, Tuple, Union

from compat_worker import parts
from compat_worker.user_error import UserError

AttributePath = List[Union[str, int]]

_MOST = 2000
"""Parameters that are returned, at most."""
_DEEPEST = 12
_LONGEST = 20000
"""Elements of a list that are searched, at most."""


_NEUTRAL: Dict[str, Dict[str, Any]] = {
    "GaussianProcessRegressor": {"_y_train_std": 1.0},
    "KMeans": {"_n_threads": 1},
}
"""By class of scikit-learn, attributes that newer releases set in ``fit``, and the values with
which they do what older ones did. They are no parameters, so that no default says so."""


def missing_parameters(model: Any) -> List[Dict[str, Any]]:
    """Parameters that the classes of a model take and the model lacks, with their defaults.

    Returns:
        ``{"path", "name", "value"}`` for each parameter whose default is None, a boolean, a finite
        number or a string, and for each attribute with a known neutral value.
    """
    found: List[Dict[str, Any]] = []
    for path, one in estimators(model):
        for name, value in lacking_of(one, _is_plain):
            found.append({"path": path, "name": name, "value": value})
            if len(found) >= _MOST:
                return found
    return found


def lacking_of(one: Any, is_kept: Callable[[Any], bool]) -> Iterator[Tuple[str, Any]]:
    """The parameters that one object lacks and its class takes, with their defaults.

    Args:
        one: any object.
        is_kept: whether a default is of a kind that can be set.
    """
    if not _is_estimator(one):
        return
    for name, value in (*defaults(type(one)), *_neutral(type(one))):
        if not _has(one, name) and is_kept(value):
            yield name, value


def find(model: Any, path: AttributePath) -> Any:
    """The object at a path of a model.

    Raises:
        UserError: there is none.
    """
    for part in parts.parts_of(model)[0]:
        if part.path and list(part.path) == path:
            return part.thing
    found = model
    try:
        for step in path:
            if isinstance(step, int) or isinstance(found, dict):
                found = found[step]
            else:
                found = getattr(found, step)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise UserError("the model has nothing at {}: {}".format(path, error))
    return found


def estimators(model: Any) -> Iterator[Tuple[AttributePath, Any]]:
    """Every estimator in a model with its path, each once, the model first."""
    seen = set()
    waiting: List[Tuple[AttributePath, Any]] = [([], model)]
    while waiting:
        path, one = waiting.pop(0)
        if id(one) in seen or len(path) > _DEEPEST:
            continue
        seen.add(id(one))
        if _is_estimator(one):
            yield path, one
        waiting.extend((path + [step], inner) for step, inner in _inside(one))


def _is_estimator(one: Any) -> bool:
    return hasattr(type(one), "get_params") and isinstance(getattr(one, "__dict__", None), dict)


def _inside(one: Any) -> Iterator[Tuple[Union[str, int], Any]]:
    """Values inside an object that may hold estimators, each with its step of the path."""
    if _is_estimator(one):
        inner = list(vars(one).items())
    elif isinstance(one, dict):
        inner = [(key, value) for key, value in one.items() if isinstance(key, (str, int))]
    elif isinstance(one, (list, tuple)):
        inner = list(enumerate(one[:_LONGEST]))
    elif getattr(getattr(one, "dtype", None), "kind", "") == "O" and getattr(one, "ndim", 0) == 1:
        inner = list(enumerate(one.tolist()[:_LONGEST]))
    elif _is_table_of_objects(one):
        return _cells(one)
    else:
        return iter(())
    return ((key, value) for key, value in inner if _may_hold(value))


def _is_table_of_objects(one: Any) -> bool:
    """Whether it is a 2-d array of objects, such as ``estimators_`` of gradient boosting."""
    return getattr(getattr(one, "dtype", None), "kind", "") == "O" and getattr(one, "ndim", 0) == 2


def _cells(one: Any) -> Iterator[Tuple[Union[str, int], Any]]:
    return ((place, row) for place, row in enumerate(one[:_LONGEST]) if _may_hold(row))


def _may_hold(value: Any) -> bool:
    if isinstance(value, (dict, list, tuple)) or _is_estimator(value):
        return True
    return getattr(getattr(value, "dtype", None), "kind", "") == "O"


def defaults(kind: type) -> Iterator[Tuple[str, Any]]:
    """The parameters of a class that have a default.

    A constructor that takes ``**kwargs`` passes them to that of its base class, whose parameters
    are parameters of the class too (``XGBClassifier``).
    """
    seen = set()
    for base in kind.__mro__:
        if "__init__" not in vars(base):
            continue
        try:
            parameters = inspect.signature(base.__init__).parameters  # type: ignore[misc]
        except (TypeError, ValueError):
            return
        for name, parameter in parameters.items():
            if name not in seen and parameter.default is not inspect.Parameter.empty:
                yield name, parameter.default
            seen.add(name)
        if all(one.kind is not one.VAR_KEYWORD for one in parameters.values()):
            return


def _neutral(kind: type) -> Iterator[Tuple[str, Any]]:
    """The attributes of a class of scikit-learn that have a neutral value."""
    if kind.__module__.partition(".")[0] == "sklearn":
        yield from _NEUTRAL.get(kind.__name__, {}).items()


def _has(one: Any, name: str) -> bool:
    try:
        getattr(one, name)
    except Exception:
        return name in vars(one)
    return True


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor NaN
    return value is None or isinstance(value, (bool, int, str))
