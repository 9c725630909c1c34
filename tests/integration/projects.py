"""A small project to run the tool in, as its users do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures"]
requirements = ["pandas"]
download-python = "never"
[sets.default]
scikit-learn = ["1.3", "1.5"]
"""
PIPELINES = ["ridge_scaled", "tree_classifier", "minmax_scaler", "naive_bayes_gaussian"]


def command(*more: str) -> list[str]:
    """The command line of a run of a few pipelines."""
    globs = [part for name in PIPELINES for part in ("--pipelines", name)]
    return [sys.executable, "-m", "matrix", "run", "--config", "matrix.toml", *globs, *more]


def environ() -> dict[str, str]:
    """An environment in which the package is found."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}
