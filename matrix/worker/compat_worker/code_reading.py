"""Read from the source of a class which attributes its methods read from ``self``.

Nothing is run. Names that the code reads only if they exist (``hasattr``, ``getattr`` with a
default, ``except AttributeError``) are listed apart: without them the code takes another path.
"""

import ast
import inspect
import textwrap
from typing import Any, Dict, Iterable, Iterator, List, Optional, Set, Tuple

MAX_FUNCTIONS = 400
"""Functions read per class, at most."""

MAX_NAMES = 400
"""Names reported per class, at most."""


class _Function:
    """The attributes of its first argument that one function reads and sets."""

    def __init__(self) -> None:
        self.reads: Set[str] = set()
        self.optional: Set[str] = set()
        self.stores: Set[str] = set()
        self.parents: Set[Tuple[str, str]] = set()
        """Methods called on parent classes: the class (empty for ``super()``) and the name."""


def attributes_read(
    kind: type, methods: Iterable[str], parameters: Iterable[str] = ()
) -> Dict[str, List[str]]:
    """The attributes that some methods, and all methods they call on ``self``, read.

    Args:
        kind: the class.
        methods: names of the methods to begin with.
        parameters: names of the constructor parameters.

    Returns:
        ``uses``: names that the code needs; ``asks``: names that it reads only if they exist.
        Names that the class defines or that the code sets are left out. A parameter is listed even
        if the class defines it: an instance without it reads the class's value.
    """
    mro = kind.__mro__[:-1]
    if any("__getattr__" in vars(one) or "__getattribute__" in vars(one) for one in mro):
        return {"uses": [], "asks": []}
    waiting: List[Tuple[int, str]] = [(0, name) for name in methods]
    seen: Set[Tuple[int, str]] = set()
    whole = _Function()
    while waiting and len(seen) < MAX_FUNCTIONS:
        place, name = waiting.pop()
        at = _defining_class(mro, name, place)
        if at is None or (at, name) in seen:
            continue
        seen.add((at, name))
        for function in _functions(vars(mro[at])[name]):
            one = _analyzed(function)
            whole.reads |= _mangled(one.reads, mro[at])
            whole.optional |= one.optional
            whole.stores |= _mangled(one.stores, mro[at])
            waiting.extend((0, called) for called in one.reads | one.optional)
            waiting.extend(_parent_methods(mro, at, one.parents))
    defined = {name for one in mro for name in vars(one)} - set(parameters)
    defined |= {"__class__", "__dict__", "__doc__"}
    uses = whole.reads - whole.stores - defined
    optional = whole.optional - whole.stores - defined - uses
    return {"uses": sorted(uses)[:MAX_NAMES], "asks": sorted(optional)[:MAX_NAMES]}


def _mangled(names: Set[str], kind: type) -> Set[str]:
    """Names as Python stores them: private names (``__x``) with the prefix of their class."""
    prefix = "_" + kind.__name__.lstrip("_")
    own = {name for name in names if name.startswith("__") and not name.endswith("__")}
    return (names - own) | {prefix + name for name in own}


def _defining_class(mro: Tuple[type, ...], name: str, place: int) -> Optional[int]:
    """Position in the MRO of the first class, from ``place`` on, that defines a name."""
    return next((at for at in range(place, len(mro)) if name in vars(mro[at])), None)


def _parent_methods(mro: Tuple[type, ...], at: int, parents: Set[Tuple[str, str]]) -> Iterator[Any]:
    for parent, name in parents:
        if not parent:
            yield at + 1, name
        for place, kind in enumerate(mro):
            if kind.__name__ == parent:
                yield place, name


def _functions(found: Any) -> Iterator[Any]:
    """The function behind a class attribute: a method, a property or another descriptor."""
    for _ in range(10):
        if inspect.isfunction(found):
            yield inspect.unwrap(found)
            return
        if type(found) not in (property, staticmethod, classmethod) and not hasattr(
            type(found), "__get__"
        ):
            return
        inner = None
        for name in ("fget", "__func__", "fn", "func", "__wrapped__"):
            try:
                inner = object.__getattribute__(found, name)
                break
            except AttributeError:
                continue
        if inner is None:
            return
        found = inner


_ANALYZED: Dict[Any, _Function] = {}


def _analyzed(function: Any) -> _Function:
    code = function.__code__
    if code not in _ANALYZED:
        _ANALYZED[code] = _analyze(function)
    return _ANALYZED[code]


def _analyze(function: Any) -> _Function:
    found = _Function()
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except Exception:  # no source, or one that does not parse on its own
        return found
    outer = tree.body[0]
    arguments = getattr(getattr(outer, "args", None), "args", [])
    if not arguments:
        return found
    _visit(outer, arguments[0].arg, found, False)
    found.reads -= found.optional
    return found


def _visit(node: ast.AST, own: str, found: _Function, guarded: bool) -> None:
    if isinstance(node, ast.Attribute) and _is_name(node.value, own):
        if isinstance(node.ctx, ast.Load):
            (found.optional if guarded else found.reads).add(node.attr)
        elif isinstance(node.ctx, ast.Store):
            found.stores.add(node.attr)
    if isinstance(node, ast.Call):
        _visit_call(node, own, found)
    if isinstance(node, ast.Try):
        caught = any(_catches(handler) for handler in node.handlers)
        for child in node.body:
            _visit(child, own, found, guarded or caught)
        for child in [*node.handlers, *node.orelse, *node.finalbody]:
            _visit(child, own, found, guarded)
        return
    for child in ast.iter_child_nodes(node):
        _visit(child, own, found, guarded)


def _catches(handler: Any) -> bool:
    """Whether an except clause catches AttributeError."""
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(getattr(one, "id", "") in ("AttributeError", "Exception") for one in kinds)


def _visit_call(node: ast.Call, own: str, found: _Function) -> None:
    function, name = node.func, getattr(node.func, "id", "")
    if isinstance(function, ast.Attribute):
        if isinstance(function.value, ast.Call) and _is_name(function.value.func, "super"):
            found.parents.add(("", function.attr))
        elif isinstance(function.value, ast.Name) and node.args and _is_name(node.args[0], own):
            found.parents.add((function.value.id, function.attr))
    if not node.args or not _is_name(node.args[0], own):
        return
    texts = [one for argument in node.args[1:2] for one in _texts(argument)]
    if name == "hasattr" or (name == "getattr" and len(node.args) > 2):
        found.optional.update(texts)
    elif name == "getattr":
        found.reads.update(texts)
    elif name == "check_is_fitted":
        for keyword in node.keywords:
            texts += _texts(keyword.value) if keyword.arg == "attributes" else []
        either = any(keyword.arg == "all_or_any" for keyword in node.keywords)
        (found.optional if either else found.reads).update(texts)


def _is_name(node: Any, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _texts(node: ast.AST) -> List[str]:
    """The identifiers among the string literals of a node: one string, a list or a tuple."""
    nodes = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    # Python 3.6 and 3.7 parse strings to ast.Str, whose value is called s.
    values = [getattr(one, "value", getattr(one, "s", None)) for one in nodes]
    return [value for value in values if isinstance(value, str) and value.isidentifier()]
