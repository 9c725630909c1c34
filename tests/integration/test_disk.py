"""A folder that may not be written to, and a disk that is full: a clear error, and no damage."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..disks import filled, read_only, small_disk
from .projects import command, environ, forget, table
from .test_upgrade import train

LIMITED = """
import resource
from matrix.engine import run as engine
run = engine.run
def limited(*arguments, **named):
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    return run(*arguments, **named)
engine.run = limited
"""
"""Once the environments stand, no file may grow beyond a size."""


def asked(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=project, env=environ(), capture_output=True, text=True, check=False
    )


def report(project: Path, *more: str) -> subprocess.CompletedProcess[str]:
    reporting = [sys.executable, "-m", "matrix", "report", "--config", "matrix.toml"]
    return asked(project, *reporting, *more)


def explain(project: Path) -> subprocess.CompletedProcess[str]:
    explaining = [sys.executable, "-m", "matrix", "explain", "--config", "matrix.toml"]
    return asked(project, *explaining, "tree_classifier", "1.3", "1.5")


@pytest.fixture(scope="module")
def whole(project: Path) -> list[dict[str, Any]]:
    return table(project)


def test_results_can_be_shown_where_nothing_may_be_written(
    project: Path, whole: list[dict[str, Any]]
) -> None:
    with read_only(project / ".matrix"):
        shown, told, run = report(project), explain(project), asked(project, *command("--fresh"))
    assert shown.returncode == 0, shown.stderr
    assert "16 cells" in shown.stdout
    assert told.returncode == 0, told.stderr
    assert run.returncode == 3
    assert "results cannot be kept in" in run.stderr
    assert "--state" in run.stderr
    assert table(project) == whole


def test_a_report_of_nothing_makes_no_folder(project: Path) -> None:
    said = report(project, "--state", "nowhere")
    assert said.returncode == 3
    assert "there are no results in" in said.stderr
    assert not (project / "nowhere").exists()


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(0, id="as it begins", marks=pytest.mark.nightly),
        pytest.param(300_000, id="amid its work"),
    ],
)
def test_a_full_disk_ends_a_run_and_damages_nothing(
    project: Path, whole: list[dict[str, Any]], tmp_path: Path, left: int
) -> None:
    """Results are on a disk of their own, which is filled up; environments are elsewhere."""
    state = tmp_path / "small"
    with small_disk(state, 8):
        with filled(state, leave=left):
            assert_clear_error(asked(project, *command("--state", str(state))))
        assert table(project, "--state", str(state)) == whole


@pytest.mark.nightly
def test_a_disk_that_fills_up_later_ends_the_next_run_and_damages_nothing(
    project: Path, whole: list[dict[str, Any]], tmp_path: Path
) -> None:
    """The results of the run before are shown all the same."""
    state = tmp_path / "small"
    with small_disk(state, 8):
        assert table(project, "--state", str(state)) == whole
        with filled(state, leave=100_000):
            assert_clear_error(asked(project, *command("--fresh", "--state", str(state))))
            assert report(project, "--state", str(state)).returncode == 0
        assert table(project, "--state", str(state)) == whole


@pytest.mark.skipif(os.name != "posix", reason="such limits are of POSIX")
@pytest.mark.nightly
def test_files_that_may_not_grow_end_a_run_and_damage_nothing(
    project: Path, whole: list[dict[str, Any]]
) -> None:
    """As a quota does, or a file system with small files; it holds for the workers too."""
    forget(project / ".matrix")
    python, dash, program, *arguments = command()
    assert_clear_error(asked(project, python, dash, LIMITED + program, *arguments))
    assert table(project) == whole


@pytest.mark.parametrize("left", [40_000, 200_000])
def test_a_full_disk_is_called_that_by_a_check_of_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """While files are copied, in the worker, or in the store: never as a fault of the model."""
    monkeypatch.chdir(tmp_path)
    model = train(tmp_path, "1.5.2") / "tree.joblib"
    state = tmp_path / "small"
    checking = [sys.executable, "-m", "matrix", "upgrade", str(model), "--state", str(state)]
    with small_disk(state, 3), filled(state, leave=left):
        done = asked(tmp_path, *checking, "--to", "scikit-learn==1.6.1")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 3, said
    assert re.search("disk is full|No space left|disk I/O", said), said
    assert "Traceback" not in said


def assert_clear_error(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 3, done.stderr
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
