"""Weights of Keras alone, and exported models, packed into one file; the networks are stand-ins."""

from __future__ import annotations

import sys
import types
import zipfile
from pathlib import Path

import compat_matrix
import pytest
from compat_worker import keras_exports, keras_models, keras_weights

CODE = """
import keras
from compat_matrix import pipeline

@pipeline(data=lambda: None)
def network():
    "A network."
    return keras.Model()
"""


class Model:
    weights = "as it is built"

    def save_weights(self, path: str) -> None:
        Path(path).write_text(self.weights)

    def load_weights(self, path: str) -> None:
        self.weights = Path(path).read_text()

    def export(self, folder: str) -> None:
        (Path(folder) / "variables").mkdir()
        (Path(folder) / "saved_model.pb").write_text("graph")
        (Path(folder) / "variables" / "one").write_text("1")


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> keras_models.KerasModel:
    """A model of a pipeline in ``made_networks``, with other weights than it is built with."""
    monkeypatch.setitem(sys.modules, "keras", types.SimpleNamespace(Model=Model))
    monkeypatch.setattr(compat_matrix, "REGISTERED", {})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "made_networks", raising=False)
    (tmp_path / "made_networks.py").write_text(CODE)
    __import__("made_networks")
    model = compat_matrix.REGISTERED["network"].build()
    model.weights = "trained"
    found: keras_models.KerasModel = keras_models.adapted(model, code=("made_networks", "network"))
    return found


def test_the_code_makes_the_model_and_the_file_has_its_weights(
    trained: keras_models.KerasModel, tmp_path: Path
) -> None:
    path = str(tmp_path / "model.weights.zip")
    keras_weights.save(trained, path)
    found = keras_weights.load(path)
    assert found.model is not trained.model
    assert found.model.weights == "trained"
    assert found.again().weights == "trained"


def test_the_same_weights_with_other_code_are_another_file(
    trained: keras_models.KerasModel, tmp_path: Path
) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    keras_weights.save(trained, str(first))
    keras_weights.save(trained, str(second))
    (tmp_path / "made_networks.py").write_text(CODE + "# changed")
    keras_weights.save(trained, str(third))
    assert first.read_bytes() == second.read_bytes() != third.read_bytes()


def test_a_model_whose_code_is_unknown_has_no_weights_alone(
    trained: keras_models.KerasModel, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match="need the code that makes the model"):
        keras_weights.save(keras_models.adapted(trained.model), str(tmp_path / "model"))


def test_an_exported_folder_becomes_one_file(
    trained: keras_models.KerasModel, tmp_path: Path
) -> None:
    path = tmp_path / "model.zip"
    keras_exports.save(trained, str(path))
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["saved_model.pb", "variables/one"]
