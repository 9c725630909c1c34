"""Data files that hold pickles: nothing in them is run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from matrix.environments import interpreters
from matrix.environments.uv import find_uv

pytestmark = pytest.mark.integration

WORKER = Path(__file__).parents[2] / "matrix" / "worker"
MAKE = """
import os, sys
import pyarrow as pa, pyarrow.parquet
class Kind(pa.PyExtensionType):
    def __init__(self):
        pa.PyExtensionType.__init__(self, pa.int64())
    def __reduce__(self):
        return os.mkdir, (sys.argv[2],)
column = pa.ExtensionArray.from_storage(Kind(), pa.array([1, 2, 3]))
pa.parquet.write_table(pa.table({"a": column}), sys.argv[1])
"""
READ = """
import sys
sys.path.insert(0, sys.argv[2])
from compat_worker import data_files
from compat_worker.user_error import UserError
try:
    print("read", data_files.read(sys.argv[1], "parquet", None, None).n)
except UserError as error:
    print(error)
"""
BARE = "import sys, pandas; pandas.read_parquet(sys.argv[1])"


@pytest.fixture(scope="module")
def old_pyarrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the last pyarrow that unpickles, and a pandas that lets it."""
    known = interpreters.find(tmp_path_factory.mktemp("known") / "interpreters.json")
    fitting = interpreters.matching(known, "3.10")
    if not fitting:
        pytest.skip("Python 3.10 is not on this machine")
    folder = tmp_path_factory.mktemp("environment")
    uv = find_uv()
    subprocess.run([uv, "venv", "-q", "--python", fitting[0].path, folder], check=True)
    python = folder / "bin" / "python"
    packages = ["pyarrow==13.0.0", "pandas==1.5.3", "numpy<2", "joblib"]
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *packages], check=True)
    return python


@pytest.fixture
def hostile(old_pyarrow: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A Parquet file, and the marker that it leaves if it is read."""
    path, marker = tmp_path / "rows.parquet", tmp_path / "marker"
    subprocess.run([old_pyarrow, "-c", MAKE, path, marker], check=True)
    return path, marker


def run(python: Path, code: str, *arguments: Path) -> str:
    done = subprocess.run(
        [python, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_a_column_of_a_pickled_type_runs_nothing(
    old_pyarrow: Path, hostile: tuple[Path, Path]
) -> None:
    path, marker = hostile
    said = run(old_pyarrow, READ, path, WORKER)
    assert not marker.exists(), said
    assert "the type of a column is pickled code (posix.mkdir), which is not loaded" in said
    run(old_pyarrow, BARE, path)
    assert marker.exists(), "the attack is real"


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_arrays_of_objects_are_not_loaded(kind: str, tmp_path: Path) -> None:
    import numpy as np

    marker, path = tmp_path / "marker", tmp_path / f"rows.{kind}"

    class Hostile:
        def __reduce__(self) -> object:
            return marker.mkdir, ()

    if kind == "npy":
        np.save(path, np.array([Hostile()], dtype=object), allow_pickle=True)
    else:
        np.savez(path, rows=np.array([Hostile()], dtype=object))
    said = run(Path(sys.executable), READ.replace('"parquet"', repr(kind)), path, WORKER)
    assert not marker.exists()
    assert path.name in said
    assert "read" not in said.split()[:1]
