"""Faults planted in a saved file of Keras are each noticed; code in one never runs.

One environment of Keras 3.15.1 on JAX, of 600 MB.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from matrix.model import Cell, TrainingAnswer
from matrix.report.training_words import training_answer

from ..judge.conftest import Bench
from .projects import ROOT, environ, run_of

pytestmark = pytest.mark.nightly

METHODS = ("predict", "evaluate_loss", "layer_weights", "training_state", "training_step")
CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures/_keras"]
[formats]
keras = ["*"]
[sets.default]
keras = ["3.15.1"]
"""
PLANT = """
import io, json, random, sys, zipfile
folder, *paths = sys.argv[1:]
sys.path[:0] = paths
import h5py, numpy as np, keras, compat_matrix, networks
from compat_worker import content, keras_models

registered = compat_matrix.REGISTERED["keras_dense"]
random.seed(0), np.random.seed(0)
model, data = keras_models.adapted(registered.build()), registered.data()
model.fit(data.X, data.y)

def record(name, model):
    for method in METHODS:
        try:
            value = getattr(model, method)(data.rows)
        except Exception as error:
            value = {"raised": str(error)}
        with open(f"{folder}/{name}-{method}", "wb") as file:
            file.write(content.encode(value))

def planted(name, weights=None, config=None):
    path = f"{folder}/{name}.keras"
    with zipfile.ZipFile(f"{folder}/whole.keras") as whole, zipfile.ZipFile(path, "w") as made:
        for member in whole.namelist():
            data = whole.read(member)
            if weights and member == "model.weights.h5":
                stream = io.BytesIO(data)
                with h5py.File(stream, "r+") as file:
                    weights(file)
                data = stream.getvalue()
            if config and member == "config.json":
                data = data.replace(*config)
            made.writestr(member, data)
    record(name, keras_models.load(path))

def one_weight(file):
    file["layers/dense/vars/0"][0, 0] *= 1.01

def no_optimizer(file):
    for one in file["optimizer/vars"].values():
        one[...] = np.zeros(one.shape, one.dtype)

keras_models.save(model, f"{folder}/whole.keras")
record("saved", keras_models.load(f"{folder}/whole.keras"))
planted("weight", one_weight)
planted("optimizer", no_optimizer)
planted("loss", config=(b'"loss": "mean_squared_error"', b'"loss": "mean_absolute_error"'))
record("before", model)  # last, because its step of training changes it
""".replace("METHODS", repr(METHODS))
CODE = """
import os, sys
path, marker = sys.argv[1:]
import keras

layers = [keras.Input((2,)), keras.layers.Lambda(eval(f"lambda x: (open({marker!r}, 'a'), x)[1]"))]
keras.Sequential(layers).save(path)
os.remove(marker)
keras.saving.load_model(path, safe_mode=False)
"""


def answer_of(predictions: int, loss: int, state: int, step: int) -> TrainingAnswer:
    return TrainingAnswer(
        same_predictions=bool(predictions),
        same_loss=bool(loss),
        training_state_kept=bool(state),
        same_next_step=bool(step),
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    found = run_of(tmp_path_factory.mktemp("keras"), CONFIGURATION, "keras_two_outputs")
    (environment,) = found["environments"]
    return str(environment["info"]["executable"])


def run(python: str, folder: Path, script: str, *arguments: str) -> None:
    variables = {**environ(), "KERAS_BACKEND": "jax", "KERAS_HOME": str(folder / "home")}
    subprocess.run(
        [python, "-c", script, *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture(scope="module")
def recorded(python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    paths = [str(ROOT / "matrix/worker"), str(ROOT / "fixtures/_keras")]
    run(python, folder, PLANT, str(folder), *paths)
    return folder


def judged(recorded: Path, fault: str) -> Cell:
    sys.path.insert(0, str(ROOT / "matrix/worker"))
    from compat_worker import content

    def outputs(name: str) -> dict[str, Any]:
        return {one: content.decode((recorded / f"{name}-{one}").read_bytes()) for one in METHODS}

    return Bench(content.encode).judge(outputs("before"), outputs(fault))


def test_a_file_without_a_fault_is_the_same(recorded: Path) -> None:
    assert judged(recorded, "saved").verdict.safe


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("weight", answer_of(0, 1, 1, 0)),  # 1 % of one weight; the mean of the losses hides it
        ("optimizer", answer_of(1, 1, 0, 0)),
        ("loss", answer_of(1, 0, 1, 0)),
    ],
)
def test_each_planted_fault_is_noticed_by_its_own_answer(
    recorded: Path, fault: str, answer: TrainingAnswer
) -> None:
    cell = judged(recorded, fault)
    assert not cell.verdict.safe
    assert training_answer(cell, "keras") == answer


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_code_in_a_file_runs_in_keras_and_never_here(
    python: str, tmp_path: Path, ending: str
) -> None:
    model, marker = tmp_path / f"model{ending}", tmp_path / "marker"
    run(python, tmp_path, CODE, str(model), str(marker))
    assert marker.exists()  # Keras itself runs it, so the test would notice
    marker.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "matrix", "upgrade", str(model), "--to", "keras==3.15.1"],
        cwd=tmp_path,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "Lambda layer" in " ".join(done.stdout.split())
    assert not marker.exists()
