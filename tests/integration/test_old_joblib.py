"""Files whose arrays joblib 1.2 or newer has aligned, where an older joblib is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest

from matrix.environments.uv import find_uv

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
WORKER = ROOT / "matrix" / "worker"
NAMES = [["joblib.numpy_pickle", "NumpyArrayWrapper"], ["numpy", "ndarray"], ["numpy", "dtype"]]
LOAD = """
import sys, joblib
from compat_worker.loader_guard import MisreadArrayError, guarded
with guarded({names}):
    try:
        print("loaded", type(joblib.load(sys.argv[1])).__name__)
    except MisreadArrayError as error:
        print("refused", error)
"""


def installed(version: str, folder: Path) -> Path:
    install = [find_uv(), "pip", "install", "--quiet", "--no-deps", "--target", folder]
    subprocess.run([*install, f"joblib=={version}"], check=True)
    return folder


@pytest.fixture(scope="module", params=["0.11", "0.14.1", "1.0.1", "1.1.0"])
def old_joblib(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(request.param, tmp_path_factory.mktemp("joblib"))


@pytest.fixture(scope="module")
def unaligned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that joblib 1.1.0 saved, the last one that did not align arrays."""
    folder = tmp_path_factory.mktemp("unaligned")
    save = "import sys, joblib, numpy; joblib.dump({'tail': numpy.zeros(400)}, sys.argv[1])"
    done = run(save, installed("1.1.0", folder / "joblib"), folder / "model.joblib")
    assert not done.returncode, done.stderr
    return folder / "model.joblib"


def run(code: str, joblib_folder: Path, *arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(joblib_folder), str(WORKER)])},
        check=False,
    )


def with_hidden_opcodes(path: Path, marker: Path) -> None:
    """Save an array whose last bytes are opcodes where the padding is not skipped.

    They call a function that writes a file, so that it is seen whether they were executed.
    """
    opcodes = f"cbuiltins\nexec\n(S'open({str(marker)!r}, \"w\")'\ntR.".encode()
    size = 400
    joblib.dump({"tail": np.zeros(size, np.uint8)}, path)
    saved = path.read_bytes()
    start = saved.rfind(b"\0" * size)
    padding = start - 1
    while saved[padding] == 0xFF:
        padding -= 1
    assert saved[padding] == start - padding - 1
    hidden = b"\0" * (size - len(opcodes)) + opcodes
    more = len(opcodes) - 1
    path.write_bytes(
        saved[:padding] + bytes([more]) + b"\xff" * more + hidden + saved[start + size :]
    )


def test_the_end_of_an_aligned_array_would_be_executed(old_joblib: Path, tmp_path: Path) -> None:
    """What the guard is there for: without it this joblib runs what nobody has inspected."""
    path, marker = tmp_path / "model.joblib", tmp_path / "marker"
    with_hidden_opcodes(path, marker)
    joblib.load(path)
    assert not marker.exists()
    run("import sys, joblib; joblib.load(sys.argv[1])", old_joblib, path)
    assert marker.exists()


@pytest.mark.parametrize("hostile", [True, False])
def test_an_aligned_file_is_never_loaded(old_joblib: Path, tmp_path: Path, hostile: bool) -> None:
    path, marker = tmp_path / "model.joblib", tmp_path / "marker"
    if hostile:
        with_hidden_opcodes(path, marker)
    else:
        joblib.dump({"tail": np.zeros(400, np.uint8)}, path)
    done = run(LOAD.format(names=NAMES), old_joblib, path)
    assert done.stdout.startswith("refused joblib "), done.stderr
    assert "install joblib>=1.2" in done.stdout
    assert not marker.exists()


def test_a_file_without_aligned_arrays_is_loaded(old_joblib: Path, unaligned: Path) -> None:
    done = run(LOAD.format(names=NAMES), old_joblib, unaligned)
    assert done.stdout == "loaded dict\n", done.stderr
