"""The names that a file of Keras looks up, from its configuration in JSON.

The orchestrator reads this module too, so it needs only the standard library. Keras looks up a
class or a function for each object of the configuration that has a ``class_name``: in the
``module`` that the object names (Keras 3), or among its own (Keras 2 and ``.h5``) and those that
were registered by the user's code.
"""

from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Tuple

MOST_OBJECTS = 500000
"""Objects of a configuration that are read; more are refused."""

KERAS = ("keras", "keras_hub", "keras_cv", "keras_nlp")
"""Top-level modules of Keras itself."""

_PLAIN = ("__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__")
"""Objects that Keras makes of plain values, without looking up a name."""

_TYPE = "__typespec__"
_CODE = "__lambda__"
_LAMBDA = "Lambda"


class TooManyObjects(ValueError):
    """A configuration has more objects than are read."""


class KerasNames(NamedTuple):
    """What a configuration refers to."""

    names: List[Tuple[str, str]]
    """Pairs of a module and a name in it, each once. The module is empty where Keras searches its
    own modules."""
    registered: Dict[str, Tuple[str, str]]
    """By the name under which the user's code registers it, such as ``churn>Scale``, the pair."""
    code: bool
    """Whether it holds code, or names a function to run: a Lambda layer."""
    files: bool
    """Whether it names a file to read: the vocabulary of a layer of texts."""


def find(configurations: Iterable[Any]) -> KerasNames:
    """What the configurations in a file refer to.

    Args:
        configurations: each as ``json.loads`` returns it.

    Raises:
        TooManyObjects: they have more than :data:`MOST_OBJECTS`.
    """
    names: Dict[Tuple[str, str], None] = {}
    registered: Dict[str, Tuple[str, str]] = {}
    code = files = False
    for one in _objects(configurations):
        files = files or isinstance(one.get("vocabulary"), str)
        if "class_name" not in one:
            continue
        kind = one["class_name"]
        if isinstance(kind, str) and kind in _PLAIN:
            continue
        if not isinstance(kind, str):
            names["", "class_name"] = None  # Keras writes a text
            continue
        if kind in (_CODE, _LAMBDA):
            code = True
            continue
        pair = _pair(one, kind)
        names[pair] = None
        own = one.get("registered_name")
        registered[own if isinstance(own, str) else pair[1]] = pair
    return KerasNames(list(names), registered, code, files)


def _pair(one: Dict[str, Any], kind: str) -> Tuple[str, str]:
    """The module and the name that Keras looks up for an object."""
    name = kind
    if kind == "function":
        name = _text(one.get("config"), kind)
    elif kind == _TYPE:
        name = _text(one.get("spec_name"), kind)
    module, registered = one.get("module"), one.get("registered_name")
    if isinstance(module, str) and module != "builtins":
        return module, name
    package, _, _ = _text(registered, "").partition(">")
    if ">" in _text(registered, "") and package != "keras":
        return "__main__", name  # a class of the script that saved it
    return "", name.rpartition(">")[2]


def _text(value: Any, otherwise: str) -> str:
    return value if isinstance(value, str) else otherwise


def _objects(configurations: Iterable[Any]) -> Iterator[Dict[str, Any]]:
    waiting, seen = list(configurations), 0
    while waiting:
        one = waiting.pop()
        seen += 1
        if seen > MOST_OBJECTS:
            raise TooManyObjects("more than {:,} objects".format(MOST_OBJECTS))
        if isinstance(one, dict):
            yield one
            waiting.extend(reversed(list(one.values())))
        elif isinstance(one, list):
            waiting.extend(reversed(one))


def is_of_keras(module: str) -> bool:
    """Whether a module, which may be empty, is one of Keras itself."""
    return not module or module.split(".")[0] in KERAS
