"""Give a loading file guarded versions of names that are harmless only in some calls.

- ``builtins.getattr`` gives some methods of ``str``, of compiled patterns and of distributions, and
  public methods of objects whose class the user trusts.
- ``functools.partial`` binds arguments only to a function that the file may look up.
- A distribution of scipy runs a text in its state as source code. Only the text that scipy makes
  from names of parameters is run.
- A class of a package beside scikit-learn is not called, because its constructor may read files or
  do anything else. Unpicklers create an empty object of it and set its state.
- dill writes arrays and types with two helpers of its own. A file gets versions of them that make
  arrays of numpy and types of plain values alone; dill itself is not imported for them.
- numpy reads memory at the address in an attribute ``__array_interface__``. ``Bunch`` and tables of
  pandas make attributes of their keys; they no longer do so for such names.

``matrix/inspection/exact_calls.py`` is the same for the inspection. A file gets its own versions of
the first two because the audit event of a lookup comes right before the module's attribute is read.
Python 3.6 and 3.7 have no audit events, so there the inspection alone decides about these two.
"""

import builtins
import contextlib
import functools
import importlib
import re
import sys
import types
import warnings
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from compat_worker.exact_call_lists import (
    ARRAY_MAKERS,
    DILL,
    DILL_ARRAY,
    DILL_TYPE,
    DILL_TYPES,
    DISTRIBUTION_METHODS,
    PACKAGES,
    PATTERN_METHODS,
    TEMPLATE,
    TEXT_METHODS,
    may_own_method,
)
from compat_worker.name_guard import NameRefused, on_lookup

_STATS = "scipy.stats._distn_infrastructure"
_NO_TARGETS = ("newObj", "scalar", "dtype", "ndarray", "getattr", "partial")
"""Names that a file may look up, and functions that models do not bind arguments to."""

_names: List[Sequence[Sequence[str]]] = [()]
"""One element: what the file may look up that is loaded now."""


@contextlib.contextmanager
def only_exact_calls(names: Sequence[Sequence[str]]) -> Iterator[None]:
    """Guard the load of a file inside this block.

    Args:
        names: pairs of a module and a name in it that the file may look up.

    Raises:
        NameRefused: the file used one of the names of this module in another way.
    """
    modules = {module for module, _ in names}
    _close_array_interface(modules)
    watched = {module: sys.modules[module] for module, _ in _VERSIONS if module in modules}
    restore_templates = _replace_templates(modules)
    restore_classes = _refuse_to_call(names)
    restore_dill = _replace_dill(names)
    _names[0] = names
    try:
        for module, original in watched.items():
            sys.modules[module] = _Watched(original)
        on_lookup[0] = _arm
        yield
    finally:
        on_lookup[0] = None
        _armed[0] = None
        sys.modules.update(watched)
        _names[0] = ()
        restore_dill()
        restore_classes()
        restore_templates()


_armed: List[Optional[Tuple[str, str]]] = [None]
"""One element: the name whose guarded version the next read of the attribute gets."""


def _arm(module: str, name: str) -> None:
    """Note that an unpickler is about to read a name."""
    _armed[0] = (module, name) if (module, name) in _VERSIONS else None


class _Watched(types.ModuleType):
    """A module that gives an unpickler the guarded versions of its names, and others its own."""

    def __init__(self, original: types.ModuleType) -> None:
        super().__init__(original.__name__)
        object.__setattr__(self, "_original", original)

    def __getattribute__(self, name: str) -> Any:
        original = object.__getattribute__(self, "_original")
        pair = original.__name__, name
        if pair == _armed[0]:
            _armed[0] = None
            return _VERSIONS[pair]
        return getattr(original, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_original"), name, value)


def _getattr(owner: Any, name: str) -> Any:
    if type(name) is not str:
        raise NameRefused("builtins", "getattr")
    if _is_harmless(owner, name):
        return getattr(owner, name)
    return _method_of_trusted(owner, name)


def _method_of_trusted(owner: Any, name: str) -> Any:
    """A public method of an object whose class the file may look up, and no list has.

    It is the function in the class or in a base that may own methods too: no attribute of the
    object, no property, and nothing that the class inherits from a library, such as ``to_csv`` of
    a table or ``save_model`` of a booster.
    """
    cls = type(owner)
    named = may_own_method(cls.__module__, name) and any(
        module == cls.__module__ and qualname == cls.__qualname__ for module, qualname in _names[0]
    )
    has_it = (base for base in cls.__mro__ if named and name in vars(base))
    base = next(has_it, object)
    function = vars(base).get(name) if may_own_method(base.__module__, name) else None
    if not isinstance(function, types.FunctionType):
        raise NameRefused("builtins", "getattr")
    return types.MethodType(function, owner)


def _is_harmless(owner: Any, name: str) -> bool:
    if owner is str:
        return name in TEXT_METHODS
    if type(owner) is type(re.compile("")):
        return name in PATTERN_METHODS
    if name == "_unpickle":
        zone = getattr(sys.modules.get("zoneinfo"), "ZoneInfo", None)
        return zone is not None and owner is zone
    distribution = getattr(sys.modules.get(_STATS), "rv_generic", None)
    known = distribution is not None and isinstance(owner, distribution)
    return known and name in DISTRIBUTION_METHODS


class partial(functools.partial):  # type: ignore[type-arg]  # noqa: N801  # it is shown as that
    """``functools.partial`` of a function that the file may look up."""

    __slots__ = ()

    def __new__(cls, func: Any, *args: Any, **keywords: Any) -> "partial":
        _check_target(func)
        return super().__new__(cls, func, *args, **keywords)

    def __setstate__(self, state: Any) -> None:
        if type(state) is not tuple or len(state) != 4 or state[0] is not self.func:
            raise NameRefused("functools", "partial")
        super().__setstate__(state)  # type: ignore[misc]

    def __reduce__(self) -> Tuple[Any, ...]:
        state = self.func, self.args, self.keywords, self.__dict__ or None
        return functools.partial, (self.func,), state

    def __repr__(self) -> str:
        parts = [repr(self.func), *map(repr, self.args)]
        parts += ["{}={!r}".format(name, value) for name, value in self.keywords.items()]
        return "functools.partial({})".format(", ".join(parts))


partial.__module__ = "functools"
partial.__qualname__ = "partial"


def _check_target(func: Any) -> None:
    """Raise NameRefused unless it is a function that the file may look up."""
    listed = (pair for pair in _names[0] if pair[1][:1] != "_" and pair[1] not in _NO_TARGETS)
    if isinstance(func, type) or not any(_names_it(func, *pair) for pair in listed):
        raise NameRefused("functools", "partial")


def _names_it(func: Any, module: str, name: str) -> bool:
    owner = sys.modules.get(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a module may say that a name has moved
        return owner is not None and getattr(owner, name, None) is func


_VERSIONS: Dict[Tuple[str, str], Any] = {
    ("builtins", "getattr"): _getattr,
    ("functools", "partial"): partial,
}
"""By module and name, what a file gets."""


def _array_of_dill(
    function: Any, args: Tuple[Any, ...], state: Any, attributes: Any = None
) -> np.ndarray:
    """An array, as dill makes it; only numpy's own function and class are called."""
    makers = [getattr(sys.modules.get(one), "_reconstruct", None) for one in ARRAY_MAKERS]
    exact = function is not None and any(function is one for one in makers)
    if not exact or not args or args[0] is not np.ndarray or attributes is not None:
        raise NameRefused(*DILL_ARRAY)
    array = function(*args)
    array.__setstate__(state)
    return array


def _type_of_dill(name: Any) -> type:
    if type(name) is not str or name not in DILL_TYPES:
        raise NameRefused(*DILL_TYPE)
    found: type = getattr(builtins, name)
    return found


def _replace_dill(names: Sequence[Sequence[str]]) -> Callable[[], None]:
    """Give a file the helpers of dill; return a function that undoes it.

    dill is imported only if the file looks up more of it, which the user trusts.
    """
    helpers = {DILL_ARRAY: _array_of_dill, DILL_TYPE: _type_of_dill}
    pairs = {(module, name) for module, name in names}
    if not pairs & set(helpers):
        return _nothing
    if any(module.partition(".")[0] == "dill" for module, _ in pairs - set(helpers)):
        with contextlib.suppress(ImportError):
            importlib.import_module(DILL)
    own = {name: sys.modules.get(name) for name in ("dill", DILL)}
    original = own[DILL]
    stand_in = types.ModuleType(DILL)
    if original is not None:
        vars(stand_in).update(vars(original))
    for (_, name), helper in helpers.items():
        setattr(stand_in, name, helper)
    sys.modules[DILL] = stand_in
    sys.modules.setdefault("dill", types.ModuleType("dill"))

    def restore() -> None:
        for name, module in own.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module

    return restore


def _replace_templates(modules: Any) -> Callable[[], None]:
    """Let distributions run no text but scipy's own; return a function that undoes it."""
    if not any(module.startswith("scipy.stats") for module in modules):
        return _nothing
    try:
        generic = importlib.import_module(_STATS).rv_generic  # type: ignore[attr-defined]
    except ImportError:
        return _nothing
    original = getattr(generic, "_attach_argparser_methods", None)
    if original is None:  # scipy before 1.6 makes the text anew
        return _nothing

    def _attach_argparser_methods(self: Any) -> None:
        text = vars(self).get("_parse_arg_template")
        if type(text) is not str or TEMPLATE.fullmatch(text) is None:
            raise NameRefused(type(self).__module__, type(self).__name__)
        original(self)

    generic._attach_argparser_methods = _attach_argparser_methods
    return lambda: setattr(generic, "_attach_argparser_methods", original)


def _nothing() -> None:
    pass


def _refuse_to_call(names: Sequence[Sequence[str]]) -> Callable[[], None]:
    """Let the named classes of :data:`PACKAGES` not be called; return a function that undoes it."""
    replaced: List[Tuple[type, Any]] = []
    listed = [(module, name) for module, name in names if module.partition(".")[0] in PACKAGES]
    reader = [("xgboost.core", "Booster")] if any(one[0] == _XGBOOST for one in listed) else []
    for module, name in listed + reader:
        cls = _class_of(module, name)
        if cls is not None and cls not in [one for one, _ in replaced]:
            replaced.append((cls, vars(cls).get("__init__")))
            refuses = _always if (module, name) in listed else _reads_file
            cls.__init__ = _refusing(cls, module, name, refuses)  # type: ignore[misc]

    def restore() -> None:
        for cls, own in replaced:
            if own is None:
                del cls.__init__  # type: ignore[misc]
            else:
                cls.__init__ = own  # type: ignore[misc]

    return restore


def _class_of(module: str, name: str) -> Optional[type]:
    """The class so called whose ``__init__`` can be replaced; None if there is none."""
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception:  # the load says why
        return None
    return found if isinstance(found, type) and found.__flags__ & _HEAP_TYPE else None


_HEAP_TYPE = 1 << 9
"""The flag of classes that are written in Python."""


_XGBOOST = "xgboost.sklearn"


def _always(*_: Any, **__: Any) -> bool:
    return True


def _reads_file(*args: Any, **keywords: Any) -> bool:
    """Whether xgboost's booster is called with anything but bytes to read.

    Estimators of xgboost 1.0 call it with what their state has: bytes of older releases, or a path.
    """
    given = list(args) + list(keywords.values())
    return not all(isinstance(one, (dict, bytearray, type(None))) or one == () for one in given)


def _refusing(
    cls: Any, module: str, name: str, refuses: Callable[..., bool]
) -> Callable[..., None]:
    original = cls.__init__

    def __init__(self: Any, *args: Any, **keywords: Any) -> None:  # noqa: N807
        if type(self) is cls and refuses(*args, **keywords):
            raise NameRefused(module, name)
        original(self, *args, **keywords)  # of a subclass, which the user trusts

    return __init__


_MAPPINGS = (
    ("sklearn.utils", "Bunch"),
    ("sklearn.utils._bunch", "Bunch"),
    ("pandas.core.generic", "NDFrame"),
)
"""Classes whose instances make attributes of their keys."""


def _close_array_interface(modules: Any) -> None:
    """Let no key of a table or a Bunch be what numpy takes for the address of an array.

    It stays so after the load, when methods of the model turn such objects into arrays.
    """
    tops = {module.partition(".")[0] for module in modules}
    for module, name in _MAPPINGS:
        if module in modules or (module.startswith("pandas") and "pandas" in tops):
            with contextlib.suppress(ImportError, AttributeError):
                _hide_array_interface(getattr(importlib.import_module(module), name))


def _hide_array_interface(cls: Any) -> None:
    original = cls.__getattr__
    if getattr(original, "_hides", False):
        return

    def __getattr__(self: Any, name: str) -> Any:  # noqa: N807
        if name.startswith("__array_"):
            raise AttributeError(name)
        return original(self, name)

    __getattr__._hides = True  # type: ignore[attr-defined]
    cls.__getattr__ = __getattr__
