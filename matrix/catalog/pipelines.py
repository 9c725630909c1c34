"""Read the declarations in pipeline files without running or importing the files.

The files run in the target environments only. They must therefore use the syntax of Python 3.6, and
the modules that they import need not be installed here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from matrix.catalog.digests import Folder
from matrix.errors import PipelineFileError
from matrix.model import Pipeline
from matrix.worker.compat_worker import output_methods

_ARGUMENTS = ("data", "tags", "since", "until", "formats", "methods")
_LISTS = frozenset({"tags", "formats", "methods"})
_LITERALS = _LISTS | {"since", "until"}
_TEST_FOLDERS = frozenset({"test", "tests"})


def read_pipelines(folders: Sequence[Path]) -> tuple[Pipeline, ...]:
    """Return the pipelines that the files in some folders declare, in the order of the files.

    Files and folders that begin with ``_`` or ``.`` and tests are left out. A file may declare no
    pipeline: the others can import it.

    Raises:
        PipelineFileError: a declaration is wrong; the message has the file and the line.
    """
    pipelines: dict[str, Pipeline] = {}
    for root in dict.fromkeys(folders):
        folder = Folder(root, files=tuple(_python_files(root)))
        for file in folder.files:
            for pipeline in _declared(folder, file):
                other = pipelines.get(pipeline.id)
                if other is not None:
                    raise _error(
                        pipeline.file,
                        pipeline.line,
                        f"there is another pipeline {pipeline.id!r}, at {other.file}:{other.line}",
                        advice="the name of the function is the pipeline's id: rename one",
                    )
                pipelines[pipeline.id] = pipeline
    return tuple(pipelines.values())


def _python_files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise PipelineFileError(f"{folder}: cannot be read: {error.strerror}") from None
    for entry in entries:
        if entry.name.startswith(("_", ".")):
            continue
        if entry.is_dir():
            if entry.name not in _TEST_FOLDERS:
                yield from _python_files(entry)
        elif entry.suffix == ".py" and not _is_test(entry):
            yield entry


def _is_test(file: Path) -> bool:
    return file.stem.startswith("test_") or file.stem.endswith("_test") or file.stem == "conftest"


def _declared(folder: Folder, file: Path) -> Iterator[Pipeline]:
    module = folder.module(file)
    decorators = _Decorators(module.tree)
    found = [
        (function, call)
        for function in module.tree.body
        if isinstance(function, ast.FunctionDef)
        for call in [decorators.of(file, function)]
        if call is not None
    ]
    _refuse_duplicates(file, [function for function, _ in found])
    module.set_aside(function for function, _ in found)
    for function, call in found:
        arguments = _arguments(file, call)
        _check_methods(file, call.lineno, arguments.get("methods", ()))
        yield Pipeline(
            id=function.name,
            file=file,
            line=function.lineno,
            doc=(ast.get_docstring(function) or "").partition("\n")[0],
            tags=arguments.get("tags", ()),
            formats=arguments.get("formats", ()),
            digest=folder.digest(module, function),
        )


def _check_methods(file: Path, line: int, methods: Iterable[str]) -> None:
    """Refuse a method that no worker can call: every cell of the pipeline would be unknown."""
    unknown = [method for method in methods if method not in output_methods.CALLS]
    if unknown:
        raise _error(
            file,
            line,
            f"{unknown[0]!r} is not an output method",
            advice=f"The output methods: {', '.join(output_methods.CALLS)}.",
        )


def _refuse_duplicates(file: Path, functions: Iterable[ast.FunctionDef]) -> None:
    lines: dict[str, int] = {}
    for function in functions:
        if function.name in lines:
            raise _error(
                file,
                function.lineno,
                f"there is another pipeline {function.name!r}, at line {lines[function.name]}",
                advice="the name of the function is the pipeline's id: rename one",
            )
        lines[function.name] = function.lineno


class _Decorators:
    """The names that ``compat_matrix.pipeline`` has in one file."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions: set[str] = set()
        self._modules: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "compat_matrix":
                names = [alias for alias in node.names if alias.name == "pipeline"]
                self._functions.update(alias.asname or alias.name for alias in names)
            elif isinstance(node, ast.Import):
                modules = [alias for alias in node.names if alias.name == "compat_matrix"]
                self._modules.update(alias.asname or alias.name for alias in modules)

    def of(self, file: Path, function: ast.FunctionDef) -> ast.Call | None:
        """Return the call that registers a function; None if there is none."""
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and self._is_ours(decorator.func):
                return decorator
            if self._is_ours(decorator):
                raise _error(file, decorator.lineno, "write @pipeline(data=...): it needs its data")
        return None

    def _is_ours(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr == "pipeline" and node.value.id in self._modules
        return isinstance(node, ast.Name) and node.id in self._functions


def _arguments(file: Path, call: ast.Call) -> dict[str, tuple[str, ...]]:
    """Return the literal arguments of a decorator by name, each as a tuple of strings."""
    nodes = dict(zip(_ARGUMENTS, call.args, strict=False))
    if len(call.args) > len(_ARGUMENTS) or any(isinstance(a, ast.Starred) for a in call.args):
        raise _error(file, call.lineno, f"@pipeline takes {', '.join(_ARGUMENTS)}")
    for keyword in call.keywords:
        if keyword.arg not in _ARGUMENTS:
            name = "**" if keyword.arg is None else keyword.arg
            problem = f"@pipeline takes {', '.join(_ARGUMENTS)}, not {name}"
            raise _error(file, call.lineno, problem)
        nodes[keyword.arg] = keyword.value
    if "data" not in nodes:
        raise _error(file, call.lineno, "@pipeline needs its data")
    return {name: _literal(file, name, nodes[name]) for name in nodes if name in _LITERALS}


def _literal(file: Path, name: str, node: ast.expr) -> tuple[str, ...]:
    expected = "a literal list of strings" if name in _LISTS else "a literal string"
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        raise _error(file, node.lineno, f"{name} must be {expected}") from None
    if value is None and name != "tags":
        return ()
    values = [value] if name not in _LISTS else value
    if not isinstance(values, (list, tuple)) or not all(isinstance(v, str) for v in values):
        raise _error(file, node.lineno, f"{name} must be {expected}")
    return tuple(values)


def _error(file: Path, line: int, problem: str, *, advice: str = "") -> PipelineFileError:
    return PipelineFileError(f"{file}:{line}: {problem}", advice=advice)
