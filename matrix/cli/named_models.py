"""The models that the configuration names, for ``pr``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from matrix import catalog as catalogs
from matrix.catalog import Catalog
from matrix.errors import MatrixError, UsageError

_MANIFEST = "pyproject.toml"


def named_models(catalog: Catalog) -> tuple[Path, ...]:
    """Return the models that the configuration names; none if it names none.

    Files in hidden folders, such as the results of earlier runs, are left out unless a pattern
    names the folder.

    Raises:
        UsageError: nothing matches one of the names.
    """
    models: dict[Path, None] = {}
    for pattern in catalog.models:
        named = {part for part in PurePosixPath(pattern).parts if part.startswith(".")}
        matching = sorted(
            path
            for path in catalog.root.glob(pattern)
            if _hidden(path.relative_to(catalog.root)) <= named
        )
        if not matching:
            raise UsageError(f"{catalog.source}: tool.matrix.models: nothing matches {pattern}")
        models.update(dict.fromkeys(_relative(path) for path in matching))
    return tuple(one for one in models if not any(other in models for other in one.parents))


def _hidden(path: Path) -> set[str]:
    return {part for part in path.parts if part.startswith(".")}


def _relative(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def other_projects(locks: Iterable[str]) -> tuple[str, ...]:
    """Return the folders beside locks whose configuration names models, from the current folder.

    Args:
        locks: paths from the current folder.
    """
    return tuple(
        folder
        for folder in dict.fromkeys(str(PurePosixPath(path).parent) for path in locks)
        if folder != "." and _names_models(Path(folder) / _MANIFEST)
    )


def _names_models(file: Path) -> bool:
    try:
        return file.is_file() and bool(catalogs.read_or_default(file).models)
    except MatrixError:
        return False
