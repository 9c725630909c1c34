"""Imports point down; the packages are listed from the lowest up."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "matrix"

LAYERS = [
    {"errors", "atomic_write", "model", "normalize_messages", "processes", "remove_tree"},
    {"sandbox"},
    {"worker", "selfcheck"},
    {"catalog", "inspection"},
    {"environments"},
    {"store"},
    {"causes", "baseline", "judge"},
    {"diagnosis"},
    {"engine"},
    {"upgrade"},
    {"remedies"},
    {"report"},
    {"explain"},
    {"cli"},
    {"__main__", "sessions"},
]
LEVEL = {package: level for level, packages in enumerate(LAYERS) for package in packages}


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*.py")):
        inside_the_worker = package_of(path) == "worker"
        if not inside_the_worker and path.name != "noxfile.py" and path != PACKAGE / "__init__.py":
            yield path


def imported_packages(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "matrix":
            names = [f"matrix.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        for name in names:
            if name.startswith("matrix."):
                yield name.split(".")[1]


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = LEVEL[package_of(path)]
    for package in set(imported_packages(path)) - {package_of(path), "__version__"}:
        assert LEVEL[package] < own or package in LAYERS[0], (
            f"{package} is not below {package_of(path)}"
        )


def test_only_the_terminal_report_imports_rich() -> None:
    for path in modules():
        if "rich" in path.read_text("utf-8") and "terminal" not in path.parts:
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                assert not any(name.split(".")[0] == "rich" for name in names), path


def test_the_noxfile_needs_nothing_but_what_nox_brings() -> None:
    """Importing it loads no package that nox itself does not depend on."""
    code = (
        "import sys, runpy; sys.path.insert(0, '.'); runpy.run_path('noxfile.py');"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    loaded = set(found.stdout.split())
    assert "nox" in loaded
    assert not loaded & {"numpy", "rich", "sklearn", "scipy", "pandas", "joblib"}
