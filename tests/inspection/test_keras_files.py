"""Files of Keras are read without Keras; what would run code or read files is refused."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

from matrix.errors import NotAModelError
from matrix.inspection import Inspection, inspect
from matrix.inspection.gate import native_names, refusals
from matrix.inspection.keras_files import LOADER
from matrix.inspection.result import Name

NATIVE = Path(__file__).parent / "native"


def of_keras(name: str, config: Any = None, **more: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": name, "config": config or {}, **more}


def sequential(*layers: Any, **more: Any) -> dict[str, Any]:
    config = {"name": "net", "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": config, **more}


def archive(config: Any, version: str = "3.4.1", extra: tuple[str, ...] = ()) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as made:
        warnings.simplefilter("ignore")  # two members of one name
        made.writestr("metadata.json", json.dumps({"keras_version": version}))
        made.writestr("config.json", json.dumps(config))
        made.writestr("model.weights.h5", b"not read")
        for name in extra:
            made.writestr(name, json.dumps(sequential()))
    return file.getvalue()


def saved(tmp_path: Path, config: Any, **more: Any) -> Inspection:
    path = tmp_path / "model.keras"
    path.write_bytes(archive(config, **more))
    return inspect(path)


def test_a_plain_model_is_admitted_for_a_sandbox_alone(tmp_path: Path) -> None:
    kernel = {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {}}
    found = saved(tmp_path, sequential(of_keras("Dense", {"kernel_initializer": kernel})))
    assert (found.container, found.versions) == ("keras", {"keras": ("3.4.1",)})
    assert refusals(found) == ()
    assert native_names(found) == (LOADER,)
    assert [one.kind for one in found.root.children] == ["keras.layers.Dense"]
    assert found.modules == ("keras",)


def test_a_model_in_hdf5_is_read_without_hdf5() -> None:
    found = inspect(NATIVE / "keras-plain.h5")
    assert (found.container, found.versions) == ("keras-h5", {"keras": ("3.4.1",)})
    assert refusals(found) == ()
    assert Name("keras.optimizers", "Adam") in found.names
    assert Name("keras.initializers", "GlorotUniform") in found.names


def test_weights_alone_say_what_they_lack() -> None:
    with pytest.raises(NotAModelError, match="without the configuration of a Keras model"):
        inspect(NATIVE / "keras-weights.h5")


LAMBDA = of_keras("Lambda", {"function": {"class_name": "__lambda__", "config": {"code": "4wEA"}}})
BY_NAME = of_keras("Lambda", {"function": {"class_name": "function", "config": "system"}})
TEXTS = of_keras("StringLookup", {"vocabulary": "/etc/passwd"})


def function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


HOSTILE = {
    # CVE-2024-3660: code inside a Lambda layer
    "lambda": (sequential(LAMBDA), "keras-code"),
    "lambda of a name": (sequential(BY_NAME), "keras-code"),
    # CVE-2025-1550: a function of any module
    "function": (
        sequential(of_keras("Dense", {"activation": function("os", "system")})),
        "os.system",
    ),
    "class": (sequential({"module": "subprocess", "class_name": "Popen"}), "subprocess.Popen"),
    "type": (
        sequential({"class_name": "__typespec__", "module": "os", "spec_name": "system"}),
        "os.system",
    ),
    # CVE-2025-8747 and CVE-2025-9906: functions of Keras itself
    "download": (sequential(function("keras.utils", "get_file")), "keras.utils.get_file"),
    "unsafe": (
        sequential(function("keras.config", "enable_unsafe_deserialization")),
        "keras.config.enable_unsafe_deserialization",
    ),
    "unsafe, then code": (
        sequential(function("keras.config", "enable_unsafe_deserialization"), LAMBDA),
        "keras-code",
    ),
    "download by its source": (
        sequential(function("keras.src.utils.file_utils", "get_file")),
        "keras.src.utils.file_utils.get_file",
    ),
    "download by its name": (sequential(function("builtins", "get_file")), "keras.get_file"),
    "built in": (sequential(function("builtins", "eval")), "keras.eval"),
    # Keras 2 looks up any function of TensorFlow by a text
    "operation of tensorflow": (
        sequential(of_keras("TFOpLambda", {"function": "io.write_file"})),
        "keras.layers.TFOpLambda",
    ),
    "operation that calls": (
        sequential({"module": "keras.src.ops.linalg", "class_name": "JVP"}),
        "keras.src.ops.linalg.JVP",
    ),
    "program": (sequential(of_keras("TFSMLayer", {"filepath": "x"})), "keras.layers.TFSMLayer"),
    # CVE-2025-12058: a file as vocabulary
    "file": (sequential(TEXTS), "keras-file"),
    "in the compilation": (
        sequential(compile_config={"loss": function("os", "system")}),
        "os.system",
    ),
    "in a model inside": (sequential(sequential(of_keras("X", {"a": [LAMBDA]}))), "keras-code"),
    "no text": (sequential({"class_name": ["os"], "module": "os"}), "keras.class_name"),
    "name of the list elsewhere": (sequential({"module": "os", "class_name": "Dense"}), "os.Dense"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_runs_code_or_reads_files_is_refused(case: str, tmp_path: Path) -> None:
    config, what = HOSTILE[case]
    assert what in [one.what for one in refusals(saved(tmp_path, config))]


def test_code_in_hdf5_is_refused() -> None:
    """CVE-2025-9905: load_model ignores safe_mode for such files."""
    found = refusals(inspect(NATIVE / "keras-lambda.h5"))
    assert [(one.what, one.trust) for one in found] == [("keras-code", "")]


def test_names_of_keras_that_are_not_listed_cannot_be_trusted(tmp_path: Path) -> None:
    (found,) = refusals(saved(tmp_path, sequential(function("keras.utils", "get_file"))))
    assert found.trust == ""


def test_own_layers_are_trusted_by_name(tmp_path: Path) -> None:
    own = {"module": "churn", "class_name": "Scale", "registered_name": "churn>Scale"}
    (found,) = refusals(saved(tmp_path, sequential(own)))
    assert found.trust == "churn.Scale"
    assert refusals(saved(tmp_path, sequential(own)), frozenset({"churn.Scale"})) == ()


def test_an_archive_that_two_readers_may_read_otherwise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAModelError, match="two members of one name"):
        saved(tmp_path, sequential(LAMBDA), extra=("config.json",))


@pytest.mark.parametrize("cut", [8, 60, 97, 200, 800, 1000])
def test_damaged_hdf5_is_refused(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes((NATIVE / "keras-plain.h5").read_bytes()[:cut])
    with pytest.raises(NotAModelError):
        inspect(path)


def test_every_byte_of_hdf5_may_be_wrong(tmp_path: Path) -> None:
    whole = (NATIVE / "keras-plain.h5").read_bytes()
    path = tmp_path / "model.h5"
    for place in range(0, 1200, 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            inspect(path)
        except NotAModelError:
            continue
