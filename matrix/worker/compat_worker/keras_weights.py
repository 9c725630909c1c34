"""Weights of Keras alone: a zip archive with ``model.weights.h5``, and what code makes the model.

The code is a reference pipeline: :data:`CODE` in the archive names its module and its function,
with a digest of the module, so that the same weights with other code are another file.
"""

import hashlib
import json
import os
import random
import sys
import tempfile
import zipfile
from typing import Any

import numpy as np

from compat_worker import keras_models

WEIGHTS, CODE = "model.weights.h5", "code.json"
_DATE = (1980, 1, 1, 0, 0, 0)


def save(model: Any, path: str) -> None:
    """Save the weights of a model of Keras that a reference pipeline made.

    Raises:
        TypeError: it is another model, whose code is unknown.
    """
    code = keras_models.code_of(model)
    if code is None:
        raise TypeError("weights alone need the code that makes the model: a reference pipeline")
    module, function = code
    with open(str(sys.modules[module].__file__), "rb") as source:
        digest = hashlib.sha256(source.read()).hexdigest()
    named = {"module": module, "function": function, "sha256": digest}
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w") as archive:
        weights = os.path.join(folder, WEIGHTS)
        model.model.save_weights(weights)
        with open(weights, "rb") as file:
            archive.writestr(zipfile.ZipInfo(WEIGHTS, _DATE), file.read())
        archive.writestr(zipfile.ZipInfo(CODE, _DATE), json.dumps(named, sort_keys=True))


def load(path: str) -> Any:
    """Make the model with its code, and give it the weights of a file."""

    def again() -> Any:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            code = json.loads(archive.read(CODE).decode("utf-8"))
            weights = archive.extract(WEIGHTS, folder)
            model = _made(code["module"], code["function"])
            model.load_weights(weights)
        return model

    return keras_models.adapted(again(), again)


def _made(module: str, function: str) -> Any:
    import importlib

    import compat_matrix

    importlib.import_module(module)
    random.seed(0)  # layers draw their first weights as they are made
    np.random.seed(0)
    return compat_matrix.REGISTERED[function].build()
