"""A run on the workers of a Dask scheduler gives the table of one machine, whatever dies."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from .projects import CONFIGURATION, PIPELINES, environ

pytestmark = pytest.mark.nightly

SECONDS = 600
NAMES = (*PIPELINES, "own_function", "bayesian_ridge_normalized", "mistake_lambda")


class DaskProcesses:
    """A scheduler and its workers, each a process with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.started: list[subprocess.Popen[bytes]] = []
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self._start("scheduler", *options, "--scheduler-file", str(self.file))
        self._wait(self.file.exists)
        self.address = json.loads(self.file.read_text())["address"]

    def worker(self, **variables: str) -> psutil.Process:
        """Start a worker without a nanny, which would start another one in its place."""
        local = self.folder / f"worker-{len(self.started)}"
        options = ("--no-nanny", "--no-dashboard", "--nthreads", "1", "--host", "127.0.0.1")
        place = ("--local-directory", str(local))
        made = self._start("worker", self.address, *options, *place, **variables)
        self._wait(lambda: any(local.glob("**/*.dirlock")) or any(local.rglob("worker-*")))
        return psutil.Process(made.pid)

    def _start(self, kind: str, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{kind}-{len(self.started)}.log").open("wb")
        made = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments],
            env={**environ(), **variables},
            stdout=log,
            stderr=log,
        )
        self.started.append(made)
        return made

    @staticmethod
    def _wait(is_there: Any) -> None:
        until = time.monotonic() + SECONDS
        while not is_there():
            assert time.monotonic() < until
            time.sleep(0.1)

    def end(self) -> None:
        for process in reversed(self.started):
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskProcesses]:
    made = DaskProcesses(tmp_path)
    yield made
    made.end()


def started(folder: Path, *more: str) -> subprocess.Popen[str]:
    """Start a run with a state of its own."""
    globs = [f"--pipelines={name}" for name in NAMES]
    command = [sys.executable, "-m", "matrix", "run", "--config", "matrix.toml", *globs, *more]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def result(folder: Path, name: str) -> dict[str, Any]:
    """A result without the addresses of objects, which differ between any two runs."""
    text = re.sub("0x[0-9a-f]+", "0x", (folder / f"{name}.json").read_text())
    found: dict[str, Any] = json.loads(text)
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """Every field of two results that differs; times, and what was kept, are left out."""
    assert len(one["cells"]) == len(other["cells"])
    found = [
        (cell["pipeline"], cell["format"], cell["writer"], cell["reader"], name, cell[name])
        for cell, same in zip(one["cells"], other["cells"], strict=True)
        for name in cell.keys() - {"cached"}
        if cell[name] != same[name]
    ]
    heads = ("environments", "pipelines", "evidence", "self_check", "limits", "tracebacks")
    return [*found, *(one[name] for name in heads if one[name] != other[name])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the result of one machine."""
    made = tmp_path_factory.mktemp("project")
    (made / "matrix.toml").write_text(CONFIGURATION)
    run = started(made, "--state", "whole", "--output", "json:whole.json")
    output, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 0, output
    return made


def works(worker: psutil.Process) -> bool:
    """Whether a worker of Dask has started one of ours."""
    try:
        return any("worker.py" in " ".join(child.cmdline()) for child in worker.children())
    except psutil.Error:
        return False


def test_one_of_three_workers_is_killed_at_work_and_the_table_is_that_of_one_machine(
    folder: Path, dask: DaskProcesses
) -> None:
    workers = [dask.worker() for _ in range(3)]
    executor = f"dask:{dask.address}"
    run = started(folder, "--state", "dask", "--output", "json:dask.json", "--executor", executor)
    killed = None
    while run.poll() is None and killed is None:
        killed = next((worker for worker in workers if works(worker)), None)
        time.sleep(0.02)
    assert killed is not None
    killed.kill()
    output, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 0, output
    assert differences(result(folder, "whole"), result(folder, "dask")) == []


def test_a_worker_without_the_python_of_an_environment_refuses_and_the_other_does_its_work(
    folder: Path, dask: DaskProcesses
) -> None:
    """It has a store of environments of its own, and finds no Python but that of the tests."""
    lacking = dict.fromkeys(("PYENV_ROOT", "HOME", "UV_PYTHON_INSTALL_DIR"), str(folder / "no"))
    lacking |= {"PATH": os.defpath, "COMPAT_MATRIX_ENVS": str(folder / "envs")}
    dask.worker(**lacking)
    executor = f"dask:{dask.address}"
    alone = started(folder, "--state", "alone", "--executor", executor)
    output, _ = alone.communicate(timeout=SECONDS)
    assert alone.returncode == 3, output
    assert "it has no Python" in output
    dask.worker()
    run = started(
        folder, "--state", "refused", "--output", "json:refused.json", "--executor", executor
    )
    output, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 0, output
    assert differences(result(folder, "whole"), result(folder, "refused")) == []
