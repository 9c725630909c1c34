"""The lines that ``migrate`` offers for a model in a dictionary do what they say."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.linear_model import Ridge

from matrix.cli.commands.bundled_models import lines_of
from matrix.store import Store
from matrix.upgrade.bundles import unbundled
from matrix.upgrade.intake import take_in

X = np.arange(12.0).reshape(6, 2)


def lines(held: Any, folder: Path) -> list[str]:
    path = folder / "it's.joblib"
    joblib.dump(held, path)
    with Store(folder / "state") as store:
        models = unbundled(take_in([path], store, 1))
    found = lines_of(models, "scikit-learn==1.6.1")
    return [line.strip() for line in found[1:]]


def test_the_model_is_taken_out_and_another_put_back(tmp_path: Path) -> None:
    held = {"a \"b\" 'c'": [Ridge().fit(X, X[:, 0])], "threshold": 3}
    found = lines({"model": held["a \"b\" 'c'"][0], **held}, tmp_path)
    assert len(found) == 3
    assert shlex.split(found[1])[:2] == ["compat-matrix", "migrate"]
    run(found[0], tmp_path)
    alone, new = (shlex.split(found[1])[at] for at in (2, 6))
    assert isinstance(joblib.load(tmp_path / alone), Ridge)
    shutil.copy(tmp_path / alone, tmp_path / new)
    run(found[2], tmp_path)
    whole = joblib.load(tmp_path / "new-it's.joblib")
    assert isinstance(whole["model"], Ridge)
    assert whole["threshold"] == 3


def test_a_model_in_a_tuple_is_taken_out_alone(tmp_path: Path) -> None:
    found = lines((Ridge().fit(X, X[:, 0]), 1), tmp_path)
    assert len(found) == 2
    run(found[0], tmp_path)
    assert isinstance(joblib.load(tmp_path / shlex.split(found[1])[2]), Ridge)


def run(line: str, folder: Path) -> None:
    command = [sys.executable, *shlex.split(line)[1:]]
    subprocess.run(command, check=True, cwd=folder, env=dict(os.environ))
