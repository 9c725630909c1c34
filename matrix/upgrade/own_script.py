"""Read the script that ``--main`` names: its text, and what it defines. Nothing of it is run."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from matrix.errors import UsageError
from matrix.model import OwnScript
from matrix.user_files import read_bounded, refuse_system_file

_LARGEST = 16 * 1024 * 1024
_NOTEBOOK = ".ipynb"
_MAGIC = re.compile(r"^(\s*)[%!?].*$|^(\s*)[\w.]+\?{1,2}\s*$", re.MULTILINE)
_MAKERS = frozenset({"namedtuple", "NamedTuple", "make_dataclass", "Enum", "IntEnum", "TypedDict"})
"""Functions that make a class, which a pickle names like one of a ``class`` statement."""


def read_script(file: Path) -> OwnScript:
    """Read a script or a notebook.

    Args:
        file: a Python file, or a notebook of Jupyter (``.ipynb``).

    Raises:
        UsageError: it cannot be read, or is not Python.
    """
    refuse_system_file(file)
    try:
        text = read_bounded(file, _LARGEST).decode("utf-8-sig")
        source = source_of(file, text)
        tree = ast.parse(source, file.name)
    except UsageError as error:
        raise UsageError(f"--main {error.message}", advice=error.advice) from error
    except SyntaxError as error:
        raise UsageError(
            f"--main {file}: line {error.lineno} is not Python 3: {error.msg}"
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"--main {file}: is not a Python script or notebook: {error}") from None
    return OwnScript(
        file=file,
        source=source,
        names=frozenset(_defined(tree.body, "__main__.")),
        folders=_folders(tree, file.absolute().parent),
    )


def source_of(file: Path, text: str) -> str:
    """The Python code of a script or notebook that holds a text.

    Raises:
        ValueError: it is called like a notebook, and is none.
    """
    return _code_cells(text) if file.suffix.lower() == _NOTEBOOK else text


def _code_cells(text: str) -> str:
    """The code of a notebook, in the order of its cells and without commands of IPython.

    Raises:
        ValueError: it is not a notebook.
    """
    document = json.loads(text)
    found = document.get("cells") if isinstance(document, dict) else None
    if found is None:
        raise ValueError("it has no cells")
    cells = (cell for cell in found if isinstance(cell, dict))
    sources = [_text(cell.get("source")) for cell in cells if cell.get("cell_type") == "code"]
    plain = (source for source in sources if not source.lstrip().startswith("%%"))
    return "\n\n".join(_MAGIC.sub(r"\1\2pass", source) for source in plain) + "\n"


def _text(source: object) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source or "")


def _defined(body: Iterable[ast.stmt], prefix: str) -> Iterator[str]:
    """The classes and functions that statements define, outside of ``if __name__ == …``."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name
        elif isinstance(node, ast.ClassDef):
            yield prefix + node.name
            yield from _nested(node, prefix.rstrip(".") + ":" + node.name)
        elif isinstance(node, ast.Assign) and _makes_class(node.value):
            yield from (prefix + one.id for one in node.targets if isinstance(one, ast.Name))
        elif isinstance(node, ast.Try):
            yield from _defined([*node.body, *node.orelse, *node.finalbody], prefix)
            for handler in node.handlers:
                yield from _defined(handler.body, prefix)
        elif isinstance(node, ast.With) or (isinstance(node, ast.If) and not _is_guard(node)):
            yield from _defined([*node.body, *getattr(node, "orelse", ())], prefix)


def _nested(node: ast.ClassDef, prefix: str) -> Iterator[str]:
    for inner in node.body:
        if isinstance(inner, ast.ClassDef):
            yield f"{prefix}.{inner.name}"
            yield from _nested(inner, f"{prefix}.{inner.name}")


def _makes_class(value: ast.expr) -> bool:
    function = value.func if isinstance(value, ast.Call) else None
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in _MAKERS


def _is_guard(node: ast.If) -> bool:
    """Whether a statement is ``if __name__ == "__main__":`` or like it, which does not run."""
    return any(isinstance(one, ast.Name) and one.id == "__name__" for one in ast.walk(node.test))


def _folders(tree: ast.Module, folder: Path) -> tuple[Path, ...]:
    """The folder of the script, if it imports a module that lies beside it."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        if any(is_module(folder, name.partition(".")[0]) for name in names):
            return (folder,)
    return ()


def is_module(folder: Path, name: str) -> bool:
    """Whether a folder has a module of that dotted name; a package may have no ``__init__.py``."""
    place = folder.joinpath(*name.split("."))
    try:
        return place.with_name(f"{place.name}.py").is_file() or any(place.glob("*.py"))
    except (OSError, ValueError):
        return False
