"""Allow a user's file to look up only the names that the inspection found in it.

An audit hook sees the lookups of every unpickler (joblib uses a nested one for object arrays).
Python 3.6 and 3.7 have no audit hooks, so names are not checked there. Readers of formats other
than pickle call :func:`check_names`.
"""

import _compat_pickle
import contextlib
import sys
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple


class NameRefused(BaseException):
    """A file looked up a name that is not allowed.

    Not a subclass of Exception, so that no library catches it.
    """

    def __init__(self, module: str, name: str) -> None:
        super().__init__("{}.{}".format(module, name))


_allowed: List[Optional[Set[Tuple[str, str]]]] = [None]
"""One element: the names that are allowed now; None while every name is allowed."""

on_lookup: List[Optional[Callable[[str, str], None]]] = [None]
"""One element: called with each name that is allowed, right before it is looked up."""

_installed: List[bool] = []


@contextlib.contextmanager
def allow_only(names: Optional[Sequence[Sequence[str]]]) -> Iterator[None]:
    """Allow only some names to be looked up inside the block.

    Args:
        names: pairs of module and name; None allows everything.

    Raises:
        NameRefused: another name was looked up.
    """
    if names is None:
        yield
        return
    if not _installed and hasattr(sys, "addaudithook"):
        sys.addaudithook(_audit)  # novermin
        _installed.append(True)
    _allowed[0] = {(module, name) for module, name in names}
    try:
        yield
    finally:
        _allowed[0] = None


def allowed_now() -> Optional[Set[Tuple[str, str]]]:
    """The names that are allowed now, as pairs of module and name; None if every name is."""
    return _allowed[0]


def check_names(names: Sequence[str]) -> None:
    """Check that names, each written ``module.name``, are allowed now.

    Raises:
        NameRefused: one is not.
    """
    if _allowed[0] is None:
        return
    known = {"{}.{}".format(module, name) for module, name in _allowed[0]}
    for name in names:
        if name not in known:
            raise NameRefused(*name.rsplit(".", 1))


def _audit(event: str, arguments: Tuple[Any, ...]) -> None:
    allowed = _allowed[0]
    if event != "pickle.find_class" or allowed is None:
        return
    module, name = arguments
    renamed = _renamed(module, name)
    if (module, name) not in allowed and renamed not in allowed:
        raise NameRefused(module, name)
    if on_lookup[0] is not None:
        on_lookup[0](*((module, name) if (module, name) in allowed else renamed))


def _renamed(module: str, name: str) -> Tuple[str, str]:
    """What Python 3 looks up for a name of Python 2; pickle renames it after the audit event."""
    names: Dict[Tuple[str, str], Tuple[str, str]] = _compat_pickle.NAME_MAPPING
    modules: Dict[str, str] = _compat_pickle.IMPORT_MAPPING
    if (module, name) in names:
        return names[module, name]
    return modules.get(module, module), name


def refused_answer(refused: NameRefused) -> Dict[str, Any]:
    """The answer to a piece whose file looked up a name that is not allowed."""
    return {"refused": str(refused)}
