"""The worker runs on Python 3.6 and on what every target environment has."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKER_FILES = [
    *sorted((ROOT / "matrix" / "worker").rglob("*.py")),
    ROOT / "matrix" / "selfcheck" / "compat_planted.py",
    ROOT / "tools" / "everything.py",
    ROOT / "tools" / "ordinary.py",
    *sorted((ROOT / "fixtures").glob("*.py")),
]
FORK_SERVER_FILES = [
    ROOT / "matrix" / "sandbox" / f"{name}.py"
    for name in (
        *("__init__", "fork_server", "inherited", "landlock", "launcher", "namespaces"),
        *("seccomp", "supervise", "system_calls"),
    )
]
"""What an interpreter of Python 3.7 or later runs that forks workers."""
OUTSIDE = {"numpy", "scipy", "sklearn", "joblib", "pandas", "threadpoolctl"}
"""Packages of a target environment beside the standard library."""

ASKED_FOR = {
    "data_tables.py": {"pyarrow"},
    "formats.py": {"catboost", "cloudpickle", "dill", "lightgbm", "skops", "xgboost"},
    "keras_files.py": {"h5py"},
    "keras_exports.py": {"tensorflow"},
    "keras_models.py": {"keras", "tensorflow"},
    "onnx_models.py": {"onnxruntime", "skl2onnx"},
    "pmml_models.py": {"jpmml_evaluator", "sklearn2pmml"},
    "booster_models.py": {"xgboost"},
    "booster_faults.py": {"catboost", "lightgbm", "xgboost"},
    "everything.py": {"skops"},
}
"""Optional modules: the worker runs without them."""

OWN = {
    *("__main__", "compat_matrix", "compat_worker", "everything", "own_transformers"),
    "reference_data",
}


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import: the worker is no part of our package"
            yield node.module or ""


@pytest.mark.parametrize("path", WORKER_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_what_a_target_environment_has_is_imported(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = {name.partition(".")[0] for name in imports(tree)}
    there = OUTSIDE | OWN | set(sys.stdlib_module_names)
    assert names <= there | ASKED_FOR.get(path.name, set())
    assert "matrix" not in names


@pytest.mark.parametrize("path", WORKER_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_syntax_is_that_of_python_3_6(path: Path) -> None:
    ast.parse(path.read_text("utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("release", "files"),
    [("3.6", WORKER_FILES), ("3.7", FORK_SERVER_FILES)],
    ids=["worker", "fork server"],
)
def test_no_feature_is_younger_than_the_oldest_python(release: str, files: list[Path]) -> None:
    """Vermin knows the release of every module, function and piece of syntax."""
    vermin = Path(sys.executable).with_name("vermin")
    command = [str(vermin), f"--target={release}-", "--violations", "--no-tips"]
    guarded = ["--exclude", "importlib.metadata", "--backport", "typing"]
    found = subprocess.run(
        [*command, *guarded, *map(str, files)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout


def test_a_fork_server_imports_only_what_is_known_to_be_as_old() -> None:
    """Annotations are not evaluated, and what is only for them is not imported."""
    own = {f"matrix.sandbox.{path.stem}" for path in FORK_SERVER_FILES}
    for path in FORK_SERVER_FILES:
        tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 7))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("matrix"):
                assert {f"{node.module}.{alias.name}" for alias in node.names} <= own
            elif isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= set(sys.stdlib_module_names)
