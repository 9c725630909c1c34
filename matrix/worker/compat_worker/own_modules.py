"""Define of the user's own modules what a model needs, where they import what is not installed.

A module is imported whole if that works. If it fails because a package is missing, only those of
its top-level statements run that define what is looked up in it, as for ``--main``. So a class
whose module imports torch for something else needs no torch. What really needs the package still
fails. A module of Python itself that this Python does not have is a failure too: it is what the
model would meet.

``--reproduce`` copies this module, so it imports nothing of the package.
"""

import ast
import importlib.machinery
import importlib.util
import os
import sys
import types
from typing import Any, Callable, List, Optional, Sequence, Set

KeepNeeded = Callable[[ast.Module, str, Set[str]], None]
"""``keep_needed`` of ``own_script.py``."""

_COMES_AND_GOES = frozenset(
    "aifc asynchat asyncore audioop binhex cgi cgitb chunk contextvars crypt dataclasses distutils "  # noqa: SIM905
    "dummy_threading formatter graphlib imghdr imp lib2to3 macpath mailcap msilib nis nntplib "
    "ossaudiodev parser pipes sndhdr spwd sunau symbol telnetlib tomllib uu xdrlib zoneinfo".split()
)
"""Modules of Python that not all of its releases from 3.6 on have."""


def install(folders: Sequence[str], keep: KeepNeeded) -> None:
    """Import modules of some folders in this way from now on.

    Args:
        folders: those of the user's own modules, which are on ``sys.path``.
        keep: keeps of a module the statements that some names need.
    """
    if not folders:
        return
    place = next(
        (number for number, one in enumerate(sys.meta_path) if one is _PATHS), len(sys.meta_path)
    )
    sys.meta_path.insert(place, _OwnModuleFinder(folders, keep))


_PATHS: Any = importlib.machinery.PathFinder


class _OwnModuleFinder:
    """Finds the modules of some folders."""

    def __init__(self, folders: Sequence[str], keep: KeepNeeded) -> None:
        self._folders = [os.path.realpath(folder) for folder in folders]
        self._keep = keep

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        spec = _PATHS.find_spec(name, path, target)
        source = importlib.machinery.SourceFileLoader
        if spec is not None and type(spec.loader) is source and self._has(spec.origin):
            spec.loader = _PartialLoader(name, spec.origin, self._keep)
        return spec

    def _has(self, file: Any) -> bool:
        place = os.path.realpath(str(file))
        return any(place.startswith(folder + os.sep) for folder in self._folders)


class _PartialLoader(importlib.machinery.SourceFileLoader):
    """Imports a module whole, or only what is looked up in it."""

    def __init__(self, name: str, file: str, keep: KeepNeeded) -> None:
        super().__init__(name, file)
        self._keep = keep

    def exec_module(self, module: types.ModuleType) -> None:
        before = dict(vars(module))
        try:
            super().exec_module(module)
        except ModuleNotFoundError as error:
            if not _is_left_out(error.name):
                raise
            vars(module).clear()
            vars(module).update(before)
            tree = ast.parse(self.get_data(self.path), self.path)
            module.__class__ = _on_demand(_ModuleStatements(tree, self.path, self._keep))


def _is_left_out(name: Optional[str]) -> bool:
    """Whether a missing module is of a package that is not installed at all."""
    top = (name or "").partition(".")[0]
    if not top or top in _COMES_AND_GOES:
        return False
    try:
        return importlib.util.find_spec(top) is None
    except (ImportError, ValueError):
        return False


class _ModuleStatements:
    """The top-level statements of a module, which run when what they define is looked up."""

    def __init__(self, tree: ast.Module, file: str, keep: KeepNeeded) -> None:
        self._tree, self._file, self._keep = tree, file, keep
        self._all = list(tree.body)
        self._ran: List[ast.stmt] = []

    def run_for(self, name: str, module: types.ModuleType) -> None:
        """Run what defines a name, and what that needs; each statement runs once."""
        self._tree.body = list(self._all)
        self._keep(self._tree, self._file, {name})
        needed = list(self._tree.body)
        future = [one for one in needed if getattr(one, "module", None) == "__future__"]
        for one in needed:
            if one in future or one in self._ran:
                continue
            self._ran.append(one)
            self._tree.body = [*future, one]
            try:
                exec(compile(self._tree, self._file, "exec", dont_inherit=True), vars(module))
            except BaseException:
                self._ran.remove(one)
                raise


def _on_demand(statements: _ModuleStatements) -> Any:
    """A class of modules, of which each attribute is defined when it is looked up."""

    class _PartialModule(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            if not name.startswith("__"):
                statements.run_for(name, self)
            try:
                return vars(self)[name]
            except KeyError:
                raise AttributeError(
                    "module {!r} has no attribute {!r}".format(self.__name__, name)
                ) from None

    return _PartialModule
