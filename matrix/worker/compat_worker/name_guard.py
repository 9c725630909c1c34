"""While a user's file is loaded: what it looks up was seen in it before, or the load ends there.

An audit hook sees every pickle that is read, whoever reads it: joblib reads arrays of objects by an
unpickler of their own. Python 3.6 and 3.7 have no such hooks; there nothing is watched. Files that
are no pickles are asked about by whoever reads them.
"""

import _compat_pickle
import contextlib
import sys
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Tuple


class NameRefused(BaseException):
    """A file looks up what it may not.

    No Exception, so that no library takes it for one of its own.
    """

    def __init__(self, module: str, name: str) -> None:
        super().__init__("{}.{}".format(module, name))


_allowed: List[Optional[Set[Tuple[str, str]]]] = [None]
"""One element: the names that may be looked up just now; None while nothing is watched."""

_installed: List[bool] = []


@contextlib.contextmanager
def allow_only(names: Optional[Sequence[Sequence[str]]]) -> Iterator[None]:
    """Let nothing but these be looked up inside the block; None lets everything.

    Raises:
        Refused: something else was.
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


def check_names(names: Sequence[str]) -> None:
    """Whether all of these may be looked up just now: each a module, a dot and a name in it.

    Raises:
        Refused: one may not.
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
    if (module, name) not in allowed and _renamed(module, name) not in allowed:
        raise NameRefused(module, name)


def _renamed(module: str, name: str) -> Tuple[str, str]:
    """What Python 3 looks up for a name of Python 2, which is renamed after the hook was told."""
    names: Dict[Tuple[str, str], Tuple[str, str]] = _compat_pickle.NAME_MAPPING
    modules: Dict[str, str] = _compat_pickle.IMPORT_MAPPING
    if (module, name) in names:
        return names[module, name]
    return modules.get(module, module), name


def refused_answer(refused: NameRefused) -> Dict[str, Any]:
    """The answer to a piece whose file looked up what it may not."""
    return {"refused": str(refused)}
