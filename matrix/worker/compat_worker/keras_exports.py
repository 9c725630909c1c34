"""Models that Keras exported: a SavedModel of TensorFlow, whose folder is packed as a zip archive.

It holds the graph of the predictions. TensorFlow runs it without the code of the model and without
Keras, so that only ``predict`` exists.
"""

import os
import tempfile
import zipfile
from typing import Any

import numpy as np

from compat_worker import keras_models


class ExportedModel:
    """A SavedModel with the graph of the predictions.

    Args:
        path: of the packed folder.
    """

    def __init__(self, path: str) -> None:
        import tensorflow

        self._tensorflow = tensorflow
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)
            self._loaded = tensorflow.saved_model.load(folder)

    def predict(self, rows: Any) -> Any:
        """The outputs for the inputs, in the structure in which the graph returns them."""
        inputs, _ = keras_models.split(rows)
        given = _tensors(self._tensorflow, inputs)
        if not isinstance(given, dict):
            return _plain(self._loaded.serve(given))
        found = self._loaded.signatures["serve"](**given)  # the graph itself takes a list
        outputs = [found[name] for name in sorted(found)]
        return _plain(outputs[0] if len(outputs) == 1 else outputs)


def save(model: Any, path: str) -> None:
    """Export a model of Keras, and pack the folder."""
    if not keras_models.is_keras(model):
        raise TypeError("this format saves models of Keras alone")
    with tempfile.TemporaryDirectory() as folder:
        model.model.export(folder)
        with zipfile.ZipFile(path, "w") as archive:
            for parent, _, names in sorted(os.walk(folder)):
                for name in sorted(names):
                    file = os.path.join(parent, name)
                    archive.write(file, os.path.relpath(file, folder))


def load(path: str) -> Any:
    """Load a packed SavedModel."""
    return ExportedModel(path)


def _tensors(tensorflow: Any, inputs: Any) -> Any:
    if isinstance(inputs, dict):
        return {name: _tensors(tensorflow, one) for name, one in inputs.items()}
    if isinstance(inputs, (list, tuple)):
        return [_tensors(tensorflow, one) for one in inputs]
    return tensorflow.convert_to_tensor(inputs)


def _plain(outputs: Any) -> Any:
    if isinstance(outputs, dict):
        return {str(name): _plain(one) for name, one in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        return [_plain(one) for one in outputs]
    return np.asarray(outputs)
