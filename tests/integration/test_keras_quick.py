"""One small network of Keras 3.0.4 and 3.15.1 on JAX; the other networks are the night's."""

from __future__ import annotations

from typing import Any

import pytest

from .projects import KERAS_3_ON_JAX, run_of

OLD, NEW = "keras-3.0.4", "keras-3.15.1"


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, Any]]:
    document = run_of(tmp_path_factory.mktemp("keras"), KERAS_3_ON_JAX, "keras_dense")
    return {(one["format"], one["writer"], one["reader"]): one for one in document["cells"]}


def test_a_dense_network_is_the_same_in_a_newer_keras_and_its_training_goes_on(
    cells: dict[tuple[str, str, str], dict[str, Any]],
) -> None:
    for writer, reader in ((OLD, OLD), (OLD, NEW), (NEW, NEW)):
        assert cells["keras", writer, reader]["verdict"] in ("identical", "equivalent")


def test_hdf5_keeps_the_predictions_and_loses_the_state_of_the_optimizer(
    cells: dict[tuple[str, str, str], dict[str, Any]],
) -> None:
    lost = cells["keras-h5", OLD, NEW]
    assert (lost["verdict"], lost["stage"]) == ("structure-changed", "training_state")
    assert "predict" not in lost["outputs"] or lost["outputs"]["predict"]["verdict"] in (
        "identical",
        "equivalent",
    )
    assert lost["cause"] == "keras-h5-optimizer"


def test_an_older_keras_refuses_both_files_of_a_newer_one_and_the_cause_is_known(
    cells: dict[tuple[str, str, str], dict[str, Any]],
) -> None:
    for format_name in ("keras", "keras-h5"):
        refused = cells[format_name, NEW, OLD]
        assert (refused["verdict"], refused["stage"]) == ("load-failed", "load")
        assert refused["cause"] == "keras-quantization-config-3.13"
