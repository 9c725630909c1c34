"""Causes in files of Keras, by messages that real runs showed."""

from __future__ import annotations

import pytest

from matrix import causes
from matrix.model import Cell, OutputDifference, Verdict

from .cells import cell, failed, info

ATTRIBUTE, TYPE, VALUE = "AttributeError", "TypeError", "ValueError"
FAILED = [
    (
        "keras-saved-by-2-3.0",
        TYPE,
        "int() argument must be a string, a bytes-like object or a real number, not 'list' [<class "
        "'keras.src.models.sequential.Sequential'> could not be deserialized properly.",
        ("2.15.0", "3.15.1"),
    ),
    (
        "keras-saved-by-2-3.0",
        TYPE,
        "Could not deserialize class 'Functional' because its parent module "
        "keras.src.engine.functional cannot be imported.",
        ("2.15.0", "3.15.1"),
    ),
    (
        "keras-arguments-3.0",
        VALUE,
        "Unrecognized keyword arguments passed to GRU: {'time_major': False}",
        ("2.15.0", "3.0.4"),
    ),
    (
        "keras-arguments-3.0",
        TYPE,
        "Unrecognized keyword arguments passed to Conv2DTranspose: {'groups': 1} [<class",
        ("2.15.0", "3.15.1"),
    ),
    (
        "keras-lambda",
        VALUE,
        "Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda. "
        "This carries a potential risk of arbitrary code execution",
        ("3.0.4", "3.15.1"),
    ),
    (
        "keras-lambda",
        VALUE,
        "Unrecognized keyword arguments passed to Lambda: {'function_type': 'lambda', 'module': ",
        ("2.15.0", "3.15.1"),
    ),
    (
        "keras-saved-by-2-3.0",
        TYPE,
        "Could not deserialize class 'SGD' because its parent module keras.optimizers.legacy ",
        ("2.15.0", "3.0.4"),
    ),
    (
        "keras-saved-by-2-3.0",
        VALUE,
        "Argument(s) not recognized: {'jit_compile': False, 'is_legacy_optimizer': False}",
        ("2.15.0", "3.0.4"),
    ),
    (
        "keras-saved-by-2-3.0",
        VALUE,
        "Could not interpret initializer identifier: {'module': 'keras.initializers', "
        "'class_name': 'Orthogonal', 'config': {'gain': 1.0, 'seed': None}}",
        ("2.15.0", "3.0.4"),
    ),
    (
        "keras-lambda",
        VALUE,
        "The `{arg_name}` of this `Lambda` layer is a Python lambda. Deserializing it is unsafe.",
        ("3.0.4", "3.0.4"),
    ),
    (
        "keras-dtype-policy-3.4",
        TYPE,
        "Could not locate class 'DTypePolicy'. Make sure custom classes are decorated",
        ("3.4.1", "3.0.4"),
    ),
    (
        "keras-quantization-config-3.13",
        VALUE,
        "Unrecognized keyword arguments passed to Dense: {'quantization_config': None}",
        ("3.15.1", "3.0.4"),
    ),
    (
        "keras-initializer-axes-3.15",
        TYPE,
        "GlorotUniform.__init__() got an unexpected keyword argument 'input_axes'",
        ("3.15.1", "3.4.1"),
    ),
    (
        "keras-mixed-precision-3.4",
        ATTRIBUTE,
        "'str' object has no attribute 'quantization_mode'",
        ("2.15.0", "3.4.1"),
    ),
    (
        "keras-own-classes",
        VALUE,
        "Unknown layer: 'Scale'. Please ensure you are using a `keras.utils.custom_object_scope` "
        "and that this object is included in the scope.",
        ("3.4.1", "3.4.1"),
    ),
    (
        "keras-text-tensorflow",
        "ImportError",
        "Layer TextVectorization requires TensorFlow. Install it via `pip install tensorflow`.",
        ("2.15.0", "3.4.1"),
    ),
    (
        "keras-back-to-2-3.0",
        TYPE,
        "Error when deserializing class 'InputLayer' using config={'batch_shape': [None, 8]}.\n\n"
        "Exception encountered: Unrecognized keyword arguments: ['batch_shape', 'optional']",
        ("3.15.1", "2.15.0"),
    ),
]


def cause_of(found: Cell, writer: str, reader: str, *estimators: str) -> str:
    return str(
        causes.cause_of(
            found,
            causes.known(),
            estimators=estimators or ("keras.Sequential", "keras.layers.Dense"),
            writer=info("1.5.1", keras=writer),
            reader=info("1.5.1", keras=reader),
        )
    )


@pytest.mark.parametrize(("id_", "kind", "message", "versions"), FAILED)
def test_a_file_that_does_not_load_has_its_cause(
    id_: str, kind: str, message: str, versions: tuple[str, str]
) -> None:
    found = failed(message, kind, "load", format="keras")
    assert cause_of(found, *versions) == id_
    other = failed(message, kind, "load", format="joblib")
    assert cause_of(other, *versions).startswith(causes.PREFIX)
    if "-3." in id_:
        assert cause_of(found, versions[1], versions[1]).startswith(causes.PREFIX)


def test_a_model_of_keras_2_that_loads_fails_in_its_first_use() -> None:
    message = "'>' not supported between instances of 'NoneType' and 'int'"
    found = failed(message, TYPE, "predict", format="keras")
    assert cause_of(found, "2.15.0", "3.15.1") == "keras-saved-by-2-3.0"
    assert cause_of(found, "3.0.4", "3.15.1") != "keras-saved-by-2-3.0"


def test_a_loss_that_stays_a_text_is_one_of_hdf5() -> None:
    for message in (
        "'str' object is not callable",
        "Expected all entries in the `metrics` list to be metric objects. Received instead:",
        "Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass",
    ):
        found = failed(message, TYPE, "evaluate_loss", format="keras-h5")
        assert cause_of(found, "2.15.0", "3.15.1") == "keras-h5-loss-name"


def changed(stage: str, format_name: str, note: str, verdict: Verdict) -> Cell:
    output = OutputDifference(
        verdict=verdict, max_abs=None, max_rel=None, n_changed=1, n=1, note=note
    )
    return cell(verdict, stage=stage, format=format_name, outputs={stage: output})


def test_a_lost_optimizer_has_the_cause_of_its_format() -> None:
    structure = Verdict.STRUCTURE_CHANGED
    in_hdf5 = changed("training_state", "keras-h5", "19 parts became 7", structure)
    assert cause_of(in_hdf5, "3.15.1", "3.15.1") == "keras-h5-optimizer"
    alone = changed("training_state", "keras-weights", "steps: 6 became 0", structure)
    assert cause_of(alone, "3.15.1", "3.15.1") == "keras-weights-optimizer"
    kept = changed("training_state", "keras", "19 parts became 7", structure)
    assert cause_of(kept, "3.15.1", "3.15.1").startswith(causes.PREFIX)


def test_output_padding_is_lost_by_releases_that_do_not_save_it() -> None:
    found = changed("predict", "keras", "", Verdict.SCORES_CHANGED)
    estimators = ("keras.Sequential", "keras.layers.Conv2DTranspose")
    assert cause_of(found, "3.4.1", "3.15.1", *estimators) == "keras-output-padding"
    assert cause_of(found, "3.15.1", "3.15.1", *estimators).startswith(causes.PREFIX)
    assert cause_of(found, "3.4.1", "3.15.1").startswith(causes.PREFIX)
