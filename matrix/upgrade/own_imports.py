"""Find the packages that the user's own code imports, by reading it. Nothing is imported or run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from matrix.errors import UsageError
from matrix.upgrade.own_script import is_module, source_of
from matrix.user_files import read_bounded
from matrix.worker.compat_worker.own_script import keep_needed

_LARGEST = 4 * 1024 * 1024
_MOST_IMPORTS = 400
_UNREADABLE = (UsageError, ValueError, SyntaxError, RecursionError, MemoryError)
"""What a stranger's file may raise; it is only a proposal that is made of it."""


def imported_by_script(script: Path, names: Iterable[str], folders: Sequence[Path]) -> set[str]:
    """Return the top-level modules outside of some folders that a script needs.

    Args:
        script: a script or notebook.
        names: what the model looks up in it; only the statements that these need count.
        folders: those of the user's own modules, which are read too.
    """
    tree = _parsed(script)
    if tree is None:
        return set()
    try:
        keep_needed(tree, script.name, set(names))
    except _UNREADABLE:
        return set()
    return _outside(_imports(tree), folders)


def imported_by_modules(names: Iterable[tuple[str, str]], folders: Sequence[Path]) -> set[str]:
    """Return the top-level modules outside of some folders that names in own modules need.

    Args:
        names: pairs of a dotted module and a name in it; only the statements that these need count.
        folders: those that the modules lie in; modules that these import there are read too.
    """
    return _outside(names, folders)


def definitions_of(script: Path, names: Collection[str]) -> str:
    """Return what defines some names in a script, and what that needs, without its layout.

    Args:
        script: a script or notebook.
        names: top-level names that it defines.

    Returns:
        Equal texts for equal definitions; empty if the script cannot be read.
    """
    tree = _parsed(script)
    try:
        if tree is not None:
            keep_needed(tree, script.name, set(names))
            return ast.dump(tree)
    except _UNREADABLE:
        pass
    return ""


def columns_taken(script: Path, names: Collection[str]) -> list[str]:
    """Return the columns that some functions and classes of a script take by name (``X["age"]``).

    Args:
        script: a script or notebook.
        names: top-level names that it defines.

    Returns:
        Each name once, in the order of the script; empty if the script cannot be read.
    """
    tree = _parsed(script)
    if tree is None:
        return []
    try:
        keep_needed(tree, script.name, set(names))
    except _UNREADABLE:
        return []
    found: dict[str, None] = {}
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.Lambda)):
            given = {one.arg for one in function.args.args}
            for node in ast.walk(function):
                if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                    found.update(
                        dict.fromkeys(_texts(node.slice) if node.value.id in given else ())
                    )
    return list(found)


def _texts(index: ast.expr) -> list[str]:
    """The texts of an index: one, or those of a list."""
    parts = index.elts if isinstance(index, ast.List) else [index]
    values = [one.value for one in parts if isinstance(one, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


_Import = tuple[str, str | None]
"""A dotted module, and the name in it that is imported; None for the module itself."""


def _outside(imports: Iterable[_Import], folders: Sequence[Path]) -> set[str]:
    found: set[str] = set()
    seen: set[_Import] = set()
    waiting = list(imports)
    while waiting and len(seen) < _MOST_IMPORTS:
        module, name = waiting.pop()
        if (module, name) in seen:
            continue
        seen.add((module, name))
        folder = next((one for one in folders if is_module(one, module)), None)
        if folder is None:
            above = module.rpartition(".")[0]
            if any(is_module(one, module.partition(".")[0]) for one in folders):
                waiting += [(above, module.rpartition(".")[2])] if above else []
            else:
                found.add(module.partition(".")[0])
            continue
        if name is not None and is_module(folder, f"{module}.{name}"):
            module, name = f"{module}.{name}", None
        waiting += _imports_of(folder.joinpath(*module.split(".")), module, name)
    return found


def _imports_of(place: Path, module: str, name: str | None) -> list[_Import]:
    """What an own module imports for one name in it; None for all of it.

    Packages around it do not count: the worker process needs nothing that they import.
    """
    file = place.with_name(f"{place.name}.py")
    file = file if file.is_file() else place / "__init__.py"
    tree = _parsed(file)
    if tree is None:
        return []
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    if name is not None:
        try:
            keep_needed(tree, file.name, {name})
        except _UNREADABLE:
            return []
    return _imports(tree, package)


def _parsed(file: Path) -> ast.Module | None:
    try:
        text = read_bounded(file, _LARGEST).decode("utf-8-sig", "replace")
        return ast.parse(source_of(file, text), file.name)
    except _UNREADABLE:
        return None


def _imports(tree: ast.Module, package: str = "") -> list[_Import]:
    """What the statements outside of functions import, with modules in their dotted form.

    An import that the code can do without, in a ``try`` that catches its failure, is left out.
    """
    return list(_imported(tree.body, package))


def _imported(body: Iterable[ast.stmt], package: str) -> Iterator[_Import]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _from(node, package)
        elif isinstance(node, ast.Try):
            yield from _imported(node.finalbody, package)
            if not node.handlers:
                yield from _imported(node.body, package)
        elif isinstance(node, ast.If):
            if not _is_for_types(node):
                yield from _imported([*node.body, *node.orelse], package)
        elif isinstance(node, (ast.With, ast.ClassDef)):
            yield from _imported(node.body, package)


def _from(node: ast.ImportFrom, package: str) -> Iterator[_Import]:
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if package else []
        base = ".".join(filter(None, [*above, base]))
    if base:
        yield from ((base, None if alias.name == "*" else alias.name) for alias in node.names)


def _is_for_types(node: ast.If) -> bool:
    """Whether a block is only for type checkers, or for a script that is run."""
    named = (one.id for one in ast.walk(node.test) if isinstance(one, ast.Name))
    attributes = (one.attr for one in ast.walk(node.test) if isinstance(one, ast.Attribute))
    return not {"TYPE_CHECKING", "__name__"}.isdisjoint({*named, *attributes})
