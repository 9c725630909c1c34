"""The store of environments: shared, complete or absent, and free of what was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.catalog import Catalog, read
from matrix.environments import BuildStep, prepare
from matrix.environments.environment_store import EnvironmentStore

from .killing import at_work_on
from .projects import ROOT

CONFIGURATION = """
[tool.matrix]
download-python = "never"

[tool.matrix.sets.default]
scikit-learn = ["1.3", "1.5"]
environments = [{ name = "same-as-1.5", scikit-learn = "1.5" }]
"""
_PREPARE = """
import sys
from pathlib import Path
from matrix.catalog import read
from matrix.environments import prepare
prepare(read(Path(sys.argv[1])))
"""


def project(folder: Path) -> Catalog:
    """A checkout of the project."""
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    return read(folder / "pyproject.toml")


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition; the time only ends a test that would never end."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


@pytest.fixture
def envs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store for one test alone."""
    monkeypatch.setenv("COMPAT_MATRIX_ENVS", str(tmp_path / "envs"))
    return tmp_path / "envs"


def start(catalog: Catalog) -> subprocess.Popen[bytes]:
    """A process that builds the environments of a project."""
    return subprocess.Popen(
        [sys.executable, "-c", _PREPARE, str(catalog.source)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL there")
@pytest.mark.parametrize(
    "moment",
    [
        "uv",
        *(pytest.param(one, marks=pytest.mark.nightly) for one in ("nox", "build_one", "import")),
    ],
)
def test_a_killed_builder_leaves_no_process_and_no_half_environment(
    moment: str, tmp_path: Path, envs: Path
) -> None:
    """The process that was killed is the only one that received the signal."""
    at = {
        "nox": lambda: bool(list(envs.glob("runs/*/nox.log"))),
        "build_one": lambda: bool(list(envs.glob("locks/sklearn-*.lock"))),
        "uv": lambda: bool(list(envs.glob("environments/*/venv/pyvenv.cfg"))),
        "import": lambda: bool(list(envs.glob("environments/*/venv/**/sklearn/**/*.pyc"))),
    }
    catalog = project(tmp_path / "project")
    process = start(catalog)
    until(at[moment], 300)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not at_work_on(envs), 30)
    store = EnvironmentStore(envs)
    incomplete = [key for key in store.environment_keys() if not store.record_file(key).exists()]
    assert incomplete or moment in ("nox", "build_one")
    made = prepare(catalog)
    assert [one.reason for one in made] == ["", "", ""]
    assert all(store.record_file(key).exists() for key in store.environment_keys())
    assert not list((envs / "runs").iterdir())
    assert not at_work_on(envs)


def test_two_checkouts_share_the_environments(tmp_path: Path, envs: Path) -> None:
    """Two builders at once build each environment once; a third run builds nothing.

    Equal pins on the same interpreter are one environment, whatever it is called.
    """
    first, second = project(tmp_path / "first"), project(tmp_path / "second")
    processes = [start(first), start(second)]
    assert [process.wait() for process in processes] == [0, 0]
    assert len(EnvironmentStore(envs).environment_keys()) == 2
    steps: list[BuildStep] = []
    made = prepare(second, report=steps.append)
    assert {step.phase for step in steps} == {"resolving", "resolved"}
    executables = {one.id: one.info.executable for one in made if one.info is not None}
    assert executables["same-as-1.5"] == executables["sklearn-1.5"]
    assert executables["sklearn-1.3"] != executables["sklearn-1.5"]
    assert all(path.is_relative_to(envs) for path in executables.values())
    assert not (second.root / ".nox").exists()
    assert {path.name for path in second.state.iterdir()} == {"environments.json"}


def test_a_second_environment_takes_the_bytecode_of_the_first(tmp_path: Path, envs: Path) -> None:
    """What its interpreter imports is not compiled again; files of another wheel are."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        """
        [tool.matrix]
        download-python = "never"

        [tool.matrix.sets.default]
        environments = [
          { name = "one", scikit-learn = "1.5" },
          { name = "two", scikit-learn = "1.5", joblib = "1.3.2" },
        ]
        """
    )
    one, two = prepare(read(folder / "pyproject.toml"), jobs=1)
    assert one.info is not None
    assert two.info is not None
    first, second = one.info.executable.parents[1], two.info.executable.parents[1]

    def same(module: str) -> bool:
        (mine,) = first.glob(f"lib/python3.*/site-packages/{module}.*.pyc")
        (theirs,) = second.glob(f"lib/python3.*/site-packages/{module}.*.pyc")
        return mine.samefile(theirs)

    assert same("sklearn/__pycache__/base")
    assert same("numpy/__pycache__/__init__")
    assert not same("joblib/__pycache__/__init__")
