"""Keras 3.0.4 to 3.15.1 on JAX, in both formats; a plain script loads the same models by hand.

Two environments of about 600 MB each.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .projects import KERAS_3_ON_JAX, ROOT, environ, run_of

pytestmark = pytest.mark.nightly

PIPELINES = ("keras_gru", "keras_normalization", "keras_lambda", "keras_registered_layer")
OLD, NEW = "keras-3.0.4", "keras-3.15.1"
SAVE = """
import random, sys
sys.path[:0] = sys.argv[3:]
import numpy as np, keras, compat_matrix, networks

registered = compat_matrix.REGISTERED[sys.argv[1]]
random.seed(0), np.random.seed(0)
model, data = registered.build(), registered.data()
keras.utils.set_random_seed(0)
model.fit(data.X, data.y, batch_size=32, epochs=2, shuffle=False, verbose=0)
np.save(sys.argv[2] + ".npy", model.predict(data.rows["inputs"], verbose=0))
print(len(model.optimizer.variables))
for ending in (".keras", ".h5"):
    model.save(sys.argv[2] + ending)
"""
LOAD = """
import json, sys
sys.path[:0] = sys.argv[3:]
import numpy as np, keras, compat_matrix, networks

found = {}
for ending in (".keras", ".h5"):
    try:
        model = keras.models.load_model(sys.argv[2] + ending)
    except Exception as error:
        found[ending] = type(error).__name__
        continue
    after = model.predict(compat_matrix.REGISTERED[sys.argv[1]].data().rows["inputs"], verbose=0)
    apart = float(np.abs(after - np.load(sys.argv[2] + ".npy")).max())
    found[ending] = [apart, len(model.optimizer.variables)]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_of(tmp_path_factory.mktemp("keras"), KERAS_3_ON_JAX, *PIPELINES)


def cell(document: dict[str, Any], pipeline: str, format_name: str) -> dict[str, Any]:
    (found,) = (
        one
        for one in document["cells"]
        if (one["pipeline"], one["format"]) == (pipeline, format_name)
        and (one["writer"], one["reader"]) == (OLD, NEW)
    )
    return dict(found)


def test_a_gru_is_the_same_and_hdf5_loses_its_optimizer(document: dict[str, Any]) -> None:
    assert cell(document, "keras_gru", "keras")["verdict"] in ("identical", "equivalent")
    lost = cell(document, "keras_gru", "keras-h5")
    assert (lost["verdict"], lost["stage"]) == ("structure-changed", "training_state")
    assert lost["outputs"].get("predict", {}).get("verdict", "identical") in (
        "identical",
        "equivalent",
    )


def test_a_lambda_is_refused_and_own_layers_load_with_their_code(document: dict[str, Any]) -> None:
    for format_name in ("keras", "keras-h5"):
        assert cell(document, "keras_lambda", format_name)["verdict"] == "load-failed"
    assert cell(document, "keras_registered_layer", "keras")["verdict"] in (
        "identical",
        "equivalent",
    )


def test_a_plain_script_finds_the_same(document: dict[str, Any], tmp_path: Path) -> None:
    pythons = {one["id"]: one["info"]["executable"] for one in document["environments"]}
    folders = [str(ROOT / "matrix/worker"), str(ROOT / "fixtures/_keras")]
    variables = {**environ(), "KERAS_BACKEND": "jax", "KERAS_HOME": str(tmp_path / "home")}

    def run(python: str, script: str, pipeline: str) -> str:
        arguments = [pipeline, str(tmp_path / pipeline), *folders]
        return subprocess.run(
            [python, "-c", script, *arguments],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[-1]

    for pipeline in ("keras_gru", "keras_normalization"):
        before = int(run(pythons[OLD], SAVE, pipeline))
        after = json.loads(run(pythons[NEW], LOAD, pipeline))
        for ending, format_name in ((".keras", "keras"), (".h5", "keras-h5")):
            found = cell(document, pipeline, format_name)
            apart, variables_after = after[ending]
            assert apart < 1e-6
            assert "predict" not in found["outputs"] or found["outputs"]["predict"]["verdict"] in (
                "equivalent",
            )
            lost = "training_state" in found["outputs"]
            assert (variables_after != before) == lost
