"""Imports point down; the packages are listed from the lowest up."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = Path(__file__).parents[1] / "matrix"

LAYERS = [
    {
        *("atomic_write", "errors", "import_path", "interrupts", "model", "normalize_messages"),
        *("own_folder", "processes", "processor_time", "remove_tree", "safe_text", "shell_words"),
        "user_files",
    },
    {"sandbox"},
    {"frameworks"},
    {"worker", "selfcheck"},
    {"catalog", "inspection"},
    {"environments"},
    {"store"},
    {"causes", "baseline", "judge"},
    {"diagnosis"},
    {"executors"},
    {"engine"},
    {"upgrade"},
    {"remedies"},
    {"report"},
    {"explain"},
    {"migration"},
    {"cli"},
    {"entry_point", "github_action"},
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
    """The distribution of this name and all it depends on on any system, by normalized names.

    Without its extras. What it needs elsewhere alone, it may import here where that is installed.
    """
    found: set[str] = set()
    waiting = [name]
    while waiting:
        own = canonicalize_name(waiting.pop())
        if own in found:
            continue
        found.add(own)
        try:
            requirements = metadata.requires(own) or ()
        except metadata.PackageNotFoundError:
            continue
        for text in requirements:
            requirement = Requirement(text)
            if "extra" not in str(requirement.marker):
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


# --------------------------------------------------------------------------- circles


ROOT = PACKAGE.parent


def every_module() -> dict[str, Path]:
    """Every module in the tree that is imported, by its full name."""
    found = {}
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "fixtures").rglob("*.py")]:
        found[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = (
            path
        )
    return found


def imported_modules(path: Path, known: Iterable[str]) -> set[str]:
    """The modules of the tree that a module names in an import, anywhere in its text.

    An import inside a function or under ``TYPE_CHECKING`` counts: the two modules still need each
    other. ``from package import module`` needs the module, not what else the package offers.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found.update({f"{node.module}.{alias.name}", node.module})
                if _full(f"{node.module}.{alias.name}", known):
                    found.discard(node.module)
    return {full for name in found for full in [_full(name, known)] if full}


def _full(name: str, known: Iterable[str]) -> str:
    """The full name of a module in the tree; empty if there is none.

    Where a worker runs, its folder and those of the fixtures are on ``sys.path``.
    """
    for prefix in ("", "matrix.worker.", "fixtures."):
        if prefix + name in known:
            return prefix + name
    return ""


def circles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """The shortest way from each module back to itself, one for each that lies on a circle."""
    found = {}
    for start in imports:
        before: dict[str, str] = {}
        waiting = [start]
        while waiting and start not in before:
            module = waiting.pop(0)
            for other in sorted(imports[module] - before.keys()):
                before[other] = module
                waiting.append(other)
        if start in before:
            way = [start]
            while before[way[-1]] != start:
                way.append(before[way[-1]])
            found[frozenset(way)] = way[::-1]
    return list(found.values())


def test_no_modules_import_each_other() -> None:
    """Neither two nor any longer circle of them: each can be read and tested after those below."""
    known = every_module()
    imports = {name: imported_modules(path, known) - {name} for name, path in known.items()}
    assert imports["matrix.engine.run"] > {"matrix.engine.schedule", "matrix.engine.evaluate"}
    worker = "matrix.worker.compat_worker"
    assert f"{worker}.row_block" in imports[f"{worker}.text_rows"]
    assert circles(imports) == []


def test_a_circle_of_any_length_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert [set(way) for way in circles({"a": {"b"}, "b": {"a"}})] == [{"a", "b"}]
    ring = {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}
    assert [set(way) for way in circles(ring)] == [{"b", "c", "d"}]
