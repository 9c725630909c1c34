"""A small project to run the tool in, as its users do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from matrix.catalog import read_or_default
from matrix.catalog.requirements import read_request, spec_of
from matrix.environments import prepare
from matrix.model import Environment

ROOT = Path(__file__).parents[2]

CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures"]
download-python = "never"
[sets.default]
scikit-learn = ["1.3", "1.5"]
"""
_QUICK = """
from matrix.cli import main
from matrix.engine import selfcheck
from matrix.executors import worker_process
worker_process.EXPIRE_SECONDS = 5
selfcheck._ENDLESS_SECONDS = 0.5
raise SystemExit(main())
"""
"""The tool, but with less patience for the endless prediction that is planted in each run.

The worker that is caught in it when its run is killed ends by itself after as little.
"""

PIPELINES = ["ridge_scaled", "tree_classifier", "minmax_scaler", "naive_bayes_gaussian"]


def command(*more: str) -> list[str]:
    """The command line of a run of a few pipelines."""
    globs = [part for name in PIPELINES for part in ("--pipelines", name)]
    return [sys.executable, "-c", _QUICK, "run", "--config", "matrix.toml", *globs, *more]


def environ() -> dict[str, str]:
    """An environment in which the package is found."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def environment(
    *requirements: str, as_of: str = "release", common: tuple[str, ...] = ("pandas",)
) -> Environment:
    """The environment that the tool itself makes for some requirements.

    Args:
        requirements: as in ``--from``.
        as_of: the day that they are resolved as of.
        common: further packages.
    """
    spec = spec_of(read_request(requirements), as_of=as_of, common=common)
    (made,) = prepare(replace(read_or_default(), specs=(spec,)), remember=False)
    assert made.ready, made.reason
    return made


def interpreter(
    *requirements: str, as_of: str = "release", common: tuple[str, ...] = ("pandas",)
) -> Path:
    """The interpreter of that environment; see :func:`environment`."""
    made = environment(*requirements, as_of=as_of, common=common)
    assert made.info is not None
    return made.info.executable


def forget(state: Path) -> None:
    """Remove all results of a project; its environments stay.

    Args:
        state: the folder of results.
    """
    for path in state.glob("results.sqlite*"):
        path.unlink()
    for name in ("artifacts", "rows", "scratch"):
        shutil.rmtree(state / name, ignore_errors=True)


def table(project: Path, *more: str) -> list[dict[str, Any]]:
    """The cells of a run to its end; whether each was kept from earlier is left out."""
    done = subprocess.run(
        command("--output", "json:result.json", *more),
        cwd=project,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cells = json.loads((project / "result.json").read_text())["cells"]
    return [{**cell, "cached": None} for cell in cells]


def answered(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code of a command in a folder, and the result that it writes as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "matrix", *arguments, "--output", "json:found.json"],
        cwd=folder,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (folder / "found.json").exists(), done.stderr
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return done.returncode, found


KERAS_3_ON_JAX = f"""
pipelines = ["{ROOT.as_posix()}/fixtures/_keras"]
[formats]
keras = ["*"]
keras-h5 = ["*"]
[sets.default]
keras = ["3.0.4", "3.15.1"]
"""
"""A configuration of two environments, ``keras-3.0.4`` and ``keras-3.15.1``, for ``run_of``."""


def run_of(folder: Path, configuration: str, *pipelines: str) -> dict[str, Any]:
    """The result of a run of some pipelines with a configuration of its own."""
    (folder / "matrix.toml").write_text(configuration)
    named = (f"--pipelines={one}" for one in pipelines)
    return answered(folder, "run", "--config", "matrix.toml", *named)[1]
