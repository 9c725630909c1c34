"""What a configuration of Keras refers to, and how its long messages are kept."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from compat_worker import keras_files, keras_models, keras_names, name_guard, observe

DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {}, "registered_name": None}
OWN = {"module": "churn", "class_name": "Scale", "config": {}, "registered_name": "churn>Scale"}


def test_names_have_the_module_that_keras_looks_into() -> None:
    old = {"class_name": "Dense", "config": {"kernel": {"class_name": "Zeros"}}}
    relu = {"module": "builtins", "class_name": "function", "config": "relu"}
    tensor = {"class_name": "__keras_tensor__", "config": {}}
    found = keras_names.find([[DENSE, OWN, old, relu, tensor]])
    assert sorted(found.names) == [
        ("", "Dense"),
        ("", "Zeros"),
        ("", "relu"),
        ("churn", "Scale"),
        ("keras.layers", "Dense"),
    ]
    assert found.registered["churn>Scale"] == ("churn", "Scale")
    assert not found.code
    assert not found.files


def test_a_configuration_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_names, "MOST_OBJECTS", 100)
    with pytest.raises(keras_names.TooManyObjects):
        keras_names.find([[DENSE] * 100])


def saved(tmp_path: Path, config: object) -> str:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    return str(path)


@pytest.mark.parametrize(
    "config",
    [
        {"module": "os", "class_name": "function", "config": "system"},
        {"module": "keras.layers", "class_name": "Lambda", "config": {}},
        {**DENSE, "config": {"vocabulary": "/etc/passwd"}},
    ],
)
def test_the_second_gate_refuses_what_the_first_did_not_see(tmp_path: Path, config: object) -> None:
    path = saved(tmp_path, [DENSE, config])
    with name_guard.allow_only([("keras.layers", "Dense")]), pytest.raises(name_guard.NameRefused):
        keras_files.user_objects(path)


def test_names_that_the_first_gate_allowed_pass_the_second(tmp_path: Path) -> None:
    path = saved(tmp_path, [DENSE, {"class_name": "Dense", "config": {}}])
    with name_guard.allow_only([("keras.layers", "Dense")]):
        assert keras_files.user_objects(path) == {}


def test_rows_are_counted_by_their_first_input() -> None:
    rows = {"inputs": {"a": np.zeros((5, 2)), "b": np.zeros((5, 3))}, "targets": None}
    assert keras_models.count(rows) == 5
    assert keras_models.count([np.zeros((4, 1)), np.zeros((4, 2))]) == 4
    assert keras_models.split(np.zeros((4, 1)))[1] is None


def test_the_reason_at_the_end_of_a_long_message_is_kept_first() -> None:
    text = "could not be deserialized. config={}\n\nException encountered: no argument 'x'".format(
        "z" * 5000
    )
    found = observe.failure(ValueError(text))["message"]
    assert found.startswith("no argument 'x' [could not be deserialized.")
    assert observe.failure(ValueError("Exception encountered: no"))["message"] == (
        "Exception encountered: no"
    )
