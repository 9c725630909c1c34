"""Define the classes and functions that a model looks up in ``__main__``.

A pickle of a class or function of the script that saved it has only its name there. The user names
that script with ``--main``. Of its top-level statements only those run that the looked-up names
need: the statements that define them, and those that define what they use. Training code, a block
under ``if __name__ == "__main__":`` and imports for plots do not run.

``--reproduce`` copies this module, so it imports nothing of the package.
"""

import ast
import builtins
import dis
import linecache
import os
import sys
import types
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

_MUTATORS = frozenset({"add", "append", "discard", "extend", "insert", "pop", "remove"})
_MUTATORS |= frozenset({"setdefault", "update"})
"""Methods of sets, lists and dictionaries by which a script fills them statement by statement."""

_script: List[Optional[Tuple[str, str]]] = [None]
"""One element: the name and the text of the script; None without one."""
_defined: Set[str] = set()
_folders: List[str] = []
"""Folders of the user's own modules."""


class OwnScriptError(ImportError):
    """The script failed before it defined what the model needs."""


def use(script: Optional[Dict[str, str]], folders: Sequence[str] = ()) -> None:
    """Set the user's own code of this process.

    Args:
        script: its ``file`` and ``source``; None for no script.
        folders: those of the user's own modules.
    """
    _script[0] = None if script is None else (script["file"], script["source"])
    _defined.clear()
    _folders[:] = [os.path.realpath(folder) for folder in folders]


def own_modules() -> List[types.ModuleType]:
    """The imported modules and packages of the user's own folders, one for each top-level name."""
    tops = {name.partition(".")[0] for name, module in list(sys.modules.items()) if _is_own(module)}
    return [sys.modules[name] for name in sorted(tops) if name in sys.modules]


def _is_own(module: Any) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return False
    return any(os.path.realpath(file).startswith(folder + os.sep) for folder in _folders)


def define_for(names: Sequence[Sequence[str]]) -> None:
    """Define what a file looks up in ``__main__``, unless it is defined already.

    Args:
        names: pairs of a module and a name in it that the file looks up.

    Raises:
        OwnScriptError: the script cannot be read by this Python, or one of its statements failed.
    """
    wanted = {name.partition(".")[0] for module, name in names if module == "__main__"}
    script = _script[0]
    if script is None or wanted <= _defined:
        return
    _defined.update(wanted)
    define(script[1], script[0], sorted(_defined))


def define(source: str, file: str, names: Iterable[str]) -> types.ModuleType:
    """Make a new ``__main__`` that has what a script defines under some names.

    Args:
        source: the text of the script.
        file: its name, for messages.
        names: top-level names of the script. Those that it does not define are left out.

    Returns:
        The module, which is now ``sys.modules["__main__"]``.

    Raises:
        OwnScriptError: as for :func:`define_for`.
    """
    module = types.ModuleType("__main__")
    if "__file__" in source:
        module.__file__ = file
    try:
        tree = ast.parse(source, file)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise OwnScriptError(_words(file, getattr(error, "lineno", None), error)) from error
    keep_needed(tree, file, set(names))
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)  # type: ignore
    previous = sys.modules.get("__main__")
    sys.modules["__main__"] = module
    try:
        exec(compile(tree, file, "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        if previous is not None:
            sys.modules["__main__"] = previous
        raise OwnScriptError(_words(file, _line(error, file), error)) from error
    return module


def _words(file: str, line: Optional[int], error: BaseException) -> str:
    place = "" if line is None else " line {}".format(line)
    name = os.path.basename(file)
    return "{}{}: {}: {}".format(name, place, type(error).__name__, error)


def _line(error: BaseException, file: str) -> Optional[int]:
    """The top-level line of the script at which an exception was raised."""
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == file:
            return frame.tb_lineno
        frame = frame.tb_next
    return None


def keep_needed(tree: ast.Module, file: str, wanted: Set[str]) -> None:
    """Keep of a module only the statements that the wanted names need, in their order."""
    statements = [_Statement(node, file) for node in tree.body]
    chosen: Set[int] = set()
    known: Set[str] = set()
    waiting = set(wanted)
    while waiting:
        name = waiting.pop()
        known.add(name)
        for number, one in enumerate(statements):
            if number not in chosen and name in one.binds:
                chosen.add(number)
                waiting |= one.uses - known
    bound = {name for one in statements for name in one.binds}
    if known - bound - set(dir(builtins)):  # they may come from ``from module import *``
        chosen.update(number for number, one in enumerate(statements) if one.is_star)
    future = (number for number, one in enumerate(statements) if one.is_future)
    tree.body = [tree.body[number] for number in sorted(chosen.union(future))]


class _Statement:
    """What one top-level statement binds, and which global names it uses."""

    def __init__(self, node: ast.stmt, file: str) -> None:
        module = getattr(node, "module", None) if isinstance(node, ast.ImportFrom) else None
        self.is_future = module == "__future__"
        self.is_star = module is not None and any(one.name == "*" for one in node.names)  # type: ignore
        self.binds: Set[str] = set()
        self.uses: Set[str] = set()
        if self.is_future or self.is_star or _is_guard(node):
            return
        tree = ast.parse("")
        tree.body = [node]
        code = compile(tree, file, "exec", dont_inherit=True)
        self.binds = {name for kind, name in _names(code) if kind == "STORE"}
        self.binds.update(_changed(node))
        self.uses = set(_used(code))
        if isinstance(node, ast.Expr) and not self.binds:
            self.binds = set(_filled(node.value))


def _names(code: Any) -> Iterator[Tuple[str, str]]:
    """The global names in one code object: each with ``STORE`` or ``LOAD``."""
    for instruction in dis.get_instructions(code):
        kind, _, scope = instruction.opname.partition("_")
        if kind in ("STORE", "LOAD") and scope in _SCOPES:
            yield kind, instruction.argval


_SCOPES = ("NAME", "GLOBAL", "CLASSDEREF", "FROM_DICT_OR_GLOBALS")


def _used(code: Any) -> Iterator[str]:
    """The global names that a code object and those inside it load."""
    for kind, name in _names(code):
        if kind == "LOAD":
            yield name
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            for name in _used(constant):
                yield name


def _is_guard(node: ast.stmt) -> bool:
    """Whether a statement is ``if __name__ == "__main__":`` or like it."""
    if not isinstance(node, ast.If):
        return False
    return any(isinstance(one, ast.Name) and one.id == "__name__" for one in ast.walk(node.test))


def _changed(node: ast.stmt) -> Iterator[str]:
    """The names whose elements or attributes an assignment changes: ``MAP`` of ``MAP[1] = 2``."""
    targets: List[Any] = list(getattr(node, "targets", []))
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets.append(node.target)
    for target in targets:
        while isinstance(target, (ast.Subscript, ast.Attribute)):
            target = target.value
            if isinstance(target, ast.Name):
                yield target.id


def _filled(call: ast.expr) -> Iterator[str]:
    """The name that a call fills: ``WORDS`` of ``WORDS.update(more)``."""
    function = getattr(call, "func", None)
    if not isinstance(function, ast.Attribute) or function.attr not in _MUTATORS:
        return
    if isinstance(function.value, ast.Name):
        yield function.value.id
