"""While a file is loaded, it can look up only the allowed names."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import joblib
from compat_worker import name_guard
def load(names):
    try:
        with name_guard.allow_only(names):
            joblib.load(sys.argv[2])
    except name_guard.NameRefused as refused:
        return "refused " + str(refused)
    return "loaded"
print(load({names!r}), load(None), sep=", ")
"""
ARRAY = [["joblib.numpy_pickle", "NumpyArrayWrapper"], ["numpy", "ndarray"], ["numpy", "dtype"]]
CORE = [[f"numpy.{core}.multiarray", "_reconstruct"] for core in ("core", "_core")]


def said(path: Path, names: list[list[str]]) -> str:
    """What comes of loading with these names allowed, then with no guard; in a process apart."""
    script = SCRIPT.replace("{names!r}", repr(names))
    command = [sys.executable, "-c", script, ROOT / "matrix" / "worker", path]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model"


def test_a_forbidden_name_ends_the_load_and_the_guard_is_removed_afterwards(path: Path) -> None:
    joblib.dump(np.ones(3), path)
    assert said(path, ARRAY) == "loaded, loaded"
    assert said(path, ARRAY[1:]) == "refused joblib.numpy_pickle.NumpyArrayWrapper, loaded"


def test_arrays_of_objects_are_guarded_too(path: Path) -> None:
    """joblib reads them by a pickle machine of its own."""
    joblib.dump(np.array([Path], dtype=object), path)
    (pathlib,) = {Path.__module__}
    inside = [pathlib, "Path"]
    assert said(path, [*ARRAY, *CORE, inside]) == "loaded, loaded"
    assert said(path, [*ARRAY, *CORE]) == f"refused {pathlib}.Path, loaded"


def test_a_name_of_python_2_is_the_one_that_python_3_looks_up(path: Path) -> None:
    path.write_bytes(pickle.dumps({"a": range}, 2))
    assert said(path, [["builtins", "range"]]) == "loaded, loaded"
    assert said(path, [["builtins", "list"]]).startswith("refused")
