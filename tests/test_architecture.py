"""Imports point down; the packages are listed from the lowest up."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def needed_by(name: str) -> set[str]:
    """The distribution of this name and all it depends on here, by normalized names."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        own = canonicalize_name(waiting.pop())
        if own in found:
            continue
        found.add(own)
        for text in metadata.requires(own) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def third_party(modules: set[str]) -> dict[str, set[str]]:
    """The distributions of those modules that are installed, but for our own."""
    distributions = metadata.packages_distributions()
    return {
        module: {canonicalize_name(name) for name in distributions[module]}
        for module in modules & distributions.keys()
        if module != "matrix"
    }


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a new interpreter has loaded in the end."""
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    return {name.split(".")[0] for name in found.stdout.split()}


def test_the_noxfile_needs_nothing_but_what_nox_brings() -> None:
    """Importing it loads no package that nox itself does not depend on."""
    before = loaded_by("pass")  # what the installation loads into every interpreter
    loaded = loaded_by("import runpy; sys.path.insert(0, '.'); runpy.run_path('noxfile.py')")
    assert "nox" in loaded
    allowed = needed_by("nox")
    others = {
        module: names
        for module, names in third_party(loaded - before).items()
        if not names & allowed
    }
    assert not others


def test_a_package_beside_nox_is_noticed() -> None:
    """The test above would fail for any of them."""
    allowed = needed_by("nox")
    assert {"nox", "virtualenv", "platformdirs"} <= allowed
    for module in ("cattrs", "msgspec", "rich", "numpy", "jinja2", "yaml"):
        names = third_party({module})
        assert all(not found & allowed for found in names.values())
    assert third_party({"cattrs", "msgspec"}).keys() == {"cattrs", "msgspec"}


def test_the_data_model_needs_the_standard_library_alone() -> None:
    """Only its codec needs more, and importing the data model does not import that."""
    assert not third_party(loaded_by("import matrix.model") - loaded_by("pass"))
