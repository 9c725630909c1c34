"""Keras 2.15 of TensorFlow to Keras 3.15.1 on JAX, by the matrix and by a plain script.

Three environments, one of 1.2 GB. The same seven models are saved and loaded by hand.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from .projects import ROOT, environ, run_of

pytestmark = pytest.mark.nightly

CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures/_keras"]
[formats]
keras = ["*"]
keras-h5 = ["*"]
keras-weights = ["*"]
[sets.default]
keras = ["2.15.0", "3.15.1"]
"""
SAME_IN_HDF5 = ("keras_classes", "keras_dense", "keras_normalization", "keras_two_inputs")
LOST = ("keras_gru", "keras_lambda", "keras_lstm_time_major")
OLD, NEW = "keras-2.15.0", "keras-3.15.1"
FORMATS = {"keras": ".keras", "keras-h5": ".h5"}
SAVE = """
import random, sys
sys.path[:0] = sys.argv[2:]
import numpy as np, keras, compat_matrix, networks

for name in sys.argv[1].split(","):
    registered = compat_matrix.REGISTERED[name]
    random.seed(0), np.random.seed(0)
    model, data = registered.build(), registered.data()
    keras.utils.set_random_seed(0)
    model.fit(data.X, data.y, batch_size=32, epochs=2, shuffle=False, verbose=0)
    np.save(name + ".npy", model.predict(data.rows["inputs"], batch_size=32, verbose=0))
    for ending in (".keras", ".h5"):
        model.save(name + ending)
"""
LOAD = """
import json, sys
sys.path[:0] = sys.argv[2:]
import numpy as np, keras, compat_matrix, networks

found = {}
for name in sys.argv[1].split(","):
    registered = compat_matrix.REGISTERED[name]
    rows = registered.data().rows["inputs"]

    def apart(model):
        return float(np.abs(model.predict(rows, verbose=0) - np.load(name + ".npy")).max())

    for ending in (".keras", ".h5"):
        try:
            found[name + ending] = apart(keras.models.load_model(name + ending))
        except Exception as error:
            found[name + ending] = type(error).__name__
    try:
        model = registered.build()
    except ImportError:
        continue
    model.load_weights(name + ".keras")
    found[name] = apart(model)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_of(tmp_path_factory.mktemp("keras"), CONFIGURATION, *SAME_IN_HDF5, *LOST)


@pytest.fixture(scope="module")
def by_hand(
    document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, float | str]:
    """By model and ending, how far the predictions are apart, or what was raised."""
    folder = tmp_path_factory.mktemp("by-hand")
    pythons = {one["id"]: one["info"]["executable"] for one in document["environments"]}
    variables = {**environ(), "KERAS_HOME": str(folder / "home")}
    folders = [str(ROOT / "matrix/worker"), str(ROOT / "fixtures/_keras")]

    def run(environment: str, script: str, backend: str) -> str:
        return subprocess.run(
            [pythons[environment], "-c", script, ",".join((*SAME_IN_HDF5, *LOST)), *folders],
            cwd=folder,
            env={**variables, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    run(OLD, SAVE, "tensorflow")
    found: dict[str, float | str] = json.loads(run(NEW, LOAD, "jax").splitlines()[-1])
    return found


def cell(document: dict[str, Any], pipeline: str, format_name: str) -> dict[str, Any]:
    (found,) = (
        one
        for one in document["cells"]
        if (one["pipeline"], one["format"]) == (pipeline, format_name)
        and (one["writer"], one["reader"]) == (OLD, NEW)
    )
    return dict(found)


def predicts_the_same(found: dict[str, Any]) -> bool:
    if found["stage"] in ("load", "predict"):
        return False
    predicted = found["outputs"].get("predict", {"verdict": "identical"})["verdict"]
    return found["verdict"] != "load-failed" and predicted in ("identical", "equivalent")


@pytest.mark.parametrize("pipeline", [*SAME_IN_HDF5, *LOST])
def test_no_keras_file_of_keras_2_works_in_keras_3(
    document: dict[str, Any], by_hand: dict[str, float | str], pipeline: str
) -> None:
    found = cell(document, pipeline, "keras")
    assert found["verdict"] in ("load-failed", "use-failed")
    assert found["cause"] in ("keras-saved-by-2-3.0", "keras-arguments-3.0", "keras-lambda")
    assert isinstance(by_hand[pipeline + ".keras"], str)


@pytest.mark.parametrize("pipeline", SAME_IN_HDF5)
def test_four_of_seven_hdf5_files_predict_the_same(
    document: dict[str, Any], by_hand: dict[str, float | str], pipeline: str
) -> None:
    assert predicts_the_same(cell(document, pipeline, "keras-h5"))
    apart = by_hand[pipeline + ".h5"]
    assert isinstance(apart, float)
    assert apart < 1e-6


@pytest.mark.parametrize("pipeline", LOST)
def test_recurrent_layers_and_code_do_not_load_from_hdf5(
    document: dict[str, Any], by_hand: dict[str, float | str], pipeline: str
) -> None:
    found = cell(document, pipeline, "keras-h5")
    assert (found["verdict"], found["stage"]) == ("load-failed", "load")
    assert found["cause"] in ("keras-arguments-3.0", "keras-lambda")
    assert isinstance(by_hand[pipeline + ".h5"], str)


@pytest.mark.parametrize("pipeline", [*SAME_IN_HDF5, "keras_gru", "keras_lambda"])
def test_weights_alone_with_the_code_predict_the_same(
    document: dict[str, Any], by_hand: dict[str, float | str], pipeline: str
) -> None:
    """What the causes advise: load_weights of the very file that does not load."""
    assert predicts_the_same(cell(document, pipeline, "keras-weights"))
    apart = by_hand[pipeline]
    assert isinstance(apart, float)
    assert apart < 1e-6
