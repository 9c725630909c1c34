"""The digest of a pipeline: it changes exactly when the code or data that it uses changes.

The digest covers these parts of the pipeline's own file: its function, the pipelines that it calls,
and all statements that are not pipelines. From the rest of the folder it covers all data files, and
the modules that are imported, directly or indirectly.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

from matrix.errors import PipelineFileError

SYNTAX = (3, 6)
"""The files must use the syntax of this Python version."""


class Module:
    """One parsed Python file.

    Raises:
        PipelineFileError: the file cannot be read, or has a syntax newer than ``SYNTAX``.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._source = file.read_bytes()
            self.tree = ast.parse(self._source, filename=str(file), feature_version=SYNTAX)
        except OSError as error:
            raise PipelineFileError(f"{file}: cannot be read: {error.strerror}") from None
        except SyntaxError as error:
            raise PipelineFileError(
                f"{file}:{error.lineno or 1}: {error.msg}",
                advice="pipeline files run in every environment: keep to the syntax of Python 3.6",
            ) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise PipelineFileError(f"{file}: is not Python: {error}") from None
        self._refuse_newer_futures()
        self._lines = self._source.splitlines(keepends=True)
        self._pipelines: dict[str, ast.FunctionDef] = {}

    def _refuse_newer_futures(self) -> None:
        """Refuse ``from __future__ import annotations``: only the compiler of 3.6 rejects it."""
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    if alias.name == "annotations":
                        where = f"{self.file}:{node.lineno}"
                        raise PipelineFileError(
                            f"{where}: annotations are deferred from Python 3.7"
                        )

    def set_aside(self, pipelines: Iterable[ast.FunctionDef]) -> None:
        """Declare which functions are pipelines; :meth:`parts` leaves the others of them out."""
        self._pipelines = {function.name: function for function in pipelines}

    def parts(self, function: ast.FunctionDef | None = None) -> list[ast.stmt]:
        """Return the statements that a pipeline depends on; the order is the same for each run.

        Args:
            function: the function of the pipeline; None for all statements of the file.
        """
        pipelines = set(map(id, self._pipelines.values()))
        parts = [node for node in self.tree.body if function is None or id(node) not in pipelines]
        if function is not None:
            parts.append(function)
        for node in parts:  # grows during the loop: a called pipeline may call others
            for name in _names(node):
                called = self._pipelines.get(name)
                if called is not None and called not in parts:
                    parts.append(called)
        return parts

    def text(self, node: ast.stmt) -> bytes:
        """Return the source of a statement with its decorators, without comments around it."""
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        return b"".join(self._lines[first - 1 : node.end_lineno])

    @cached_property
    def whole(self) -> bytes:
        """The source of the file."""
        return self._source


class Folder:
    """A folder of pipelines, whose modules import one another.

    Args:
        root: the folder.
        files: the Python files in it that may declare pipelines.
    """

    def __init__(self, root: Path, files: tuple[Path, ...]) -> None:
        self.root = root
        self.files = files
        self._modules: dict[Path, Module] = {}
        self._imports: dict[tuple[Path, str], list[Path]] = {}

    def module(self, file: Path) -> Module:
        """Return a file of the folder, parsed once."""
        if file not in self._modules:
            self._modules[file] = Module(file)
        return self._modules[file]

    def digest(self, module: Module, function: ast.FunctionDef) -> str:
        """Return the digest of a pipeline, in hexadecimal."""
        digest = hashlib.sha256(self._data_digest)
        parts = module.parts(function)
        for node in parts:
            _add(digest, module.text(node))
        for file in sorted(self._helpers(module.file, parts)):
            _add(digest, file.relative_to(self.root).as_posix().encode())
            _add(digest, self.module(file).whole)
        return digest.hexdigest()

    def _helpers(self, file: Path, parts: list[ast.stmt]) -> set[Path]:
        """Return the files that some statements of a file import, directly or indirectly."""
        found: set[Path] = set()
        waiting = [(file, parts)]
        while waiting:
            importer, statements = waiting.pop()
            for helper in self._imported(importer, statements):
                if helper not in found:
                    found.add(helper)
                    waiting.append((helper, self.module(helper).parts()))
        return found

    def _imported(self, importer: Path, statements: list[ast.stmt]) -> Iterator[Path]:
        for statement in statements:
            for level, name in _imports(statement):
                absolute = [importer.parent, self.root]
                folders = importer.parents[level - 1 : level] if level else absolute
                for folder in folders:
                    yield from self._files_of(folder, name)

    def _files_of(self, folder: Path, name: str) -> list[Path]:
        """Return the files below the root that an import of a dotted name executes."""
        if (folder, name) not in self._imports:
            found = self._imports[folder, name] = []
            path = folder
            for part in name.split("."):
                path = path / part
                for file in (path.with_name(f"{part}.py"), path / "__init__.py"):
                    if file.is_relative_to(self.root) and file.is_file():
                        found.append(file)
        return self._imports[folder, name]

    @cached_property
    def _data_digest(self) -> bytes:
        digest = hashlib.sha256()
        for file in sorted(_data_files(self.root)):
            _add(digest, file.relative_to(self.root).as_posix().encode())
            try:
                _add(digest, file.read_bytes())
            except OSError as error:
                raise PipelineFileError(f"{file}: cannot be read: {error.strerror}") from None
        return digest.digest()


def _add(digest: hashlib._Hash, content: bytes) -> None:
    """Add content with its length, so that the boundaries between contents count too."""
    digest.update(b"%d:" % len(content))
    digest.update(content)


@cache  # every pipeline that depends on a statement looks at it
def _names(node: ast.AST) -> tuple[str, ...]:
    return tuple(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))


@cache
def _imports(node: ast.AST) -> tuple[tuple[int, str], ...]:
    """The imports in a statement: the number of leading dots, and the dotted name."""
    found: list[tuple[int, str]] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            found += ((0, alias.name) for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom):
            base = f"{inner.module}." if inner.module else ""
            found += ((inner.level, base + alias.name) for alias in inner.names)
    return tuple(found)


def _data_files(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith((".", "__pycache__")):
            continue
        if entry.is_dir():
            yield from _data_files(entry)
        elif entry.suffix not in {".py", ".pyc"} and not entry.name.startswith("README"):
            yield entry
