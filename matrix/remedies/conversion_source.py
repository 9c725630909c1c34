"""The conversions of the worker as Python source that needs nothing of this package.

Only what the applied conversions use is taken, from the same files that the worker runs, so that
the source does what was compared.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

WORKER = Path(__file__).parents[1] / "worker"
_PACKAGE = "compat_worker"
_CONVERSIONS = "compat_worker.conversions"
_REGISTRY = "compat_worker.conversions.registry"
_LIST = "CONVERSIONS"
CONVERTING = (("compat_worker.conversions.convert", "convert"),)
LOADING = (("compat_worker.conversions.stand_ins", "while_loading"),)
SETTING = (("compat_worker.resaving", "_apply_fixes"),)

Definition = tuple[str, str]
"""A module and a name defined at its top."""


@dataclass(slots=True)
class _ModuleTop:
    """The top of a module: what it defines and what it imports."""

    defines: dict[str, list[ast.stmt]] = field(default_factory=dict)
    """By name, the statements that define it, in order."""
    places: dict[str, Definition] = field(default_factory=dict)
    """By local name, what it is in another module of the worker."""
    modules: dict[str, str] = field(default_factory=dict)
    """By local name, another module of the worker."""
    others: dict[str, str] = field(default_factory=dict)
    """By local name, the line that imports it from elsewhere."""


def source_of(names: Iterable[str], roots: Iterable[Definition] = (*CONVERTING, *LOADING)) -> str:
    """The source of ``convert`` and ``while_loading`` with some conversions.

    Args:
        names: of the applied conversions; others are left out.
        roots: what must be there, with all that it uses.
    """
    return _SourceBundle(frozenset(names)).source(roots)


def short_source_of(name: str) -> str:
    """The function of one conversion to read, without docstring and types; empty if none."""
    for module in _conversion_modules():
        for call in _calls(module):
            if _name_of(call) == name and isinstance(call.args[2], ast.Name):
                (made,) = _read(module).defines[call.args[2].id]
                return ast.unparse(_to_read(made))
    return ""


def _to_read(node: ast.stmt) -> ast.stmt:
    """A copy of a function without its docstring and its types."""
    copy = ast.parse(ast.unparse(node)).body[0]
    if isinstance(copy, ast.FunctionDef):
        copy.returns = None
        for argument in copy.args.args:
            argument.annotation = None
        if ast.get_docstring(copy) and len(copy.body) > 1:
            copy.body = copy.body[1:]
    return copy


# --------------------------------------------------------------------------- reading


@cache
def _read(module: str) -> _ModuleTop:
    found = _ModuleTop()
    for node in ast.parse(_file(module).read_text(encoding="utf-8")).body:
        _add(found, node)
    return found


def _file(module: str) -> Path:
    path = WORKER.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_module(name: str) -> bool:
    return name.startswith(_PACKAGE) and _file(name).is_file()


def _add(found: _ModuleTop, node: ast.stmt) -> None:
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_PACKAGE):
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            local = alias.asname or alias.name
            if _is_module(inner):
                found.modules[local] = inner
            else:
                found.places[local] = (str(node.module), alias.name)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            one = ast.Import([alias])
            if isinstance(node, ast.ImportFrom):
                one = ast.ImportFrom(node.module, [alias], node.level)  # type: ignore[assignment]
            found.others[alias.asname or alias.name.partition(".")[0]] = ast.unparse(one)
    else:
        for name in _defined(node):
            found.defines.setdefault(name, []).append(node)


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        targets = [node.target]
    for target in targets:
        yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))


def _conversion_modules() -> list[str]:
    """The modules with conversions, in the order of the registry."""
    (made,) = _read(_REGISTRY).defines[_LIST]
    used = (_list_of(one) for one in ast.walk(made))
    return [_read(_REGISTRY).modules[name] for name in used if name]


def _list_of(node: ast.AST) -> str:
    """The module of which a node is the list; empty if it is none."""
    if isinstance(node, ast.Attribute) and node.attr == _LIST and isinstance(node.value, ast.Name):
        return node.value.id
    return ""


def _calls(module: str) -> Iterator[ast.Call]:
    """The conversions of a module, as they are written there."""
    for made in _read(module).defines[_LIST]:
        for one in ast.walk(made):
            named = isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
            if named and one.func.id == "Conversion":  # type: ignore[attr-defined]
                yield one  # type: ignore[misc]


def _name_of(call: ast.Call) -> str:
    first = call.args[0]
    return str(first.value) if isinstance(first, ast.Constant) else ""


# --------------------------------------------------------------------------- writing


class _SourceBundle:
    """Collects definitions with all that they use; names stay unless two modules share one."""

    def __init__(self, conversions: frozenset[str]) -> None:
        self._conversions = conversions
        self._names: dict[Definition, str] = {}
        self._lines: dict[str, None] = {}
        self._written: list[str] = []

    def source(self, roots: Iterable[Definition]) -> str:
        for root in roots:
            self._take(root)
        imports = sorted(self._lines, key=lambda line: (line.startswith("from"), line))
        return "\n".join(imports) + "\n\n\n" + "\n\n\n".join(self._written) + "\n"

    def _take(self, place: Definition) -> str:
        """Write a definition after all that it uses; return the name that it has here."""
        if place in self._names:
            return self._names[place]
        module, name = place
        taken = set(self._names.values())
        own = name if name not in taken else f"{module.rpartition('.')[2]}_{name.strip('_')}"
        self._names[place] = own
        if place == (_REGISTRY, _LIST):
            self._written.append(self._registry())
            return own
        for node in _read(module).defines[name]:
            self._written.append(ast.unparse(self._resolved(module, node)))
        return own

    def _registry(self) -> str:
        """The applied conversions alone."""
        chosen = [
            ast.unparse(self._resolved(module, call))
            for module in _conversion_modules()
            for call in _calls(module)
            if _name_of(call) in self._conversions
        ]
        self._take((f"{_CONVERSIONS}.conversion", "Conversion"))
        return (
            f"{_LIST} = (" + "".join(f"\n    {one}," for one in chosen) + ("\n)" if chosen else ")")
        )

    def _resolved(self, module: str, node: ast.AST) -> ast.AST:
        copy = ast.parse(ast.unparse(node)).body[0]
        found: ast.AST = _NameResolver(self, module).visit(copy)
        return ast.fix_missing_locations(found)

    def name_here(self, module: str, name: str) -> str:
        """The name of something that a module names, which is written first if it is missing."""
        top = _read(module)
        if name in top.defines:
            return self._take((module, name))
        if name in top.places:
            return self._take(top.places[name])
        if name in top.others:
            self._lines[top.others[name]] = None
        return name

    def attribute_here(self, module: str, local: str, name: str) -> str | None:
        """The name of ``local.name`` if ``local`` is a module of the worker."""
        other = _read(module).modules.get(local)
        return None if other is None else self._take((other, name))


class _NameResolver(ast.NodeTransformer):
    """Replaces the names of one module by those of the bundle."""

    def __init__(self, bundle: _SourceBundle, module: str) -> None:
        self._bundle = bundle
        self._module = module
        self._local: list[frozenset[str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        arguments = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
        stored = {
            one.id
            for one in ast.walk(node)
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        }
        inner = {one.name for one in ast.walk(node) if isinstance(one, ast.ClassDef)}
        if not self._local:
            node.name = self._bundle.name_here(self._module, node.name)
        self._local.append(frozenset(arguments | stored | inner))
        found = self.generic_visit(node)
        self._local.pop()
        return found

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and not self._is_local(node.value.id):
            name = self._bundle.attribute_here(self._module, node.value.id, node.attr)
            if name is not None:
                return ast.Name(name, node.ctx)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not self._is_local(node.id):
            node.id = self._bundle.name_here(self._module, node.id)
        return node

    def _is_local(self, name: str) -> bool:
        return any(name in one for one in self._local)
