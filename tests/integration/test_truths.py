"""What is true of real releases, and found by the tool as a user runs it.

Each test reads a cell of the result of one run.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .truths import FEW, ROOT, Result, globs, run


@pytest.fixture(scope="module")
def folder(truths_folder: Path) -> Path:
    return truths_folder


@pytest.fixture(scope="module")
def result(truths: Result) -> Result:
    return truths


def message(cell: Any) -> str:
    return str(cell["exception"]["message"])


# --------------------------------------------------------------------------- the run itself


def test_every_planted_fault_is_found(result: Result) -> None:
    assert set(result.document["self_check"].values()) == {"detected"}, result.output
    assert len(result.document["self_check"]) == 5
    assert result.code == 0


def test_counts_add_up(result: Result) -> None:
    counts = result.document["counts"]
    assert sum(counts.values()) == len(result.document["cells"])
    for verdict, count in counts.items():
        assert count == sum(cell["verdict"] == verdict for cell in result.document["cells"])
    assert f"{sum(counts.values()):,} cells" in result.output


def test_the_diagonal_is_identical_for_all_that_can_be_saved(result: Result) -> None:
    """All but a function of a notebook, which no other process can load by its name."""
    for (pipeline, form, writer, reader), cell in result.cells.items():
        if writer == reader and cell["verdict"] not in ("not-saved", "unavailable"):
            expected = "load-failed" if pipeline == "mistake_notebook_function" else "identical"
            assert cell["verdict"] == expected, (pipeline, form, writer)


def test_what_is_installed_is_what_was_requested(result: Result) -> None:
    for one in result.environments.values():
        if one["status"] == "ready":
            pins = one["lock"]["pins"]
            assert pins.items() <= one["info"]["packages"].items()
            assert pins["scikit-learn"].startswith(one["spec"]["scikit_learn"])


def test_an_environment_that_cannot_be_built_stops_nothing(result: Result) -> None:
    conflict = result.environments["conflict"]
    assert conflict["status"] == "unavailable"
    assert "numpy" in conflict["reason"]
    cell = result.cells["ridge_scaled", "joblib", "conflict", "sklearn-1.9"]
    assert (cell["verdict"], "conflict" in cell["reason"]) == ("unavailable", True)


def test_environments_stand_on_several_pythons(result: Result) -> None:
    ready = [one["info"] for one in result.environments.values() if one["status"] == "ready"]
    pythons = {info["python"].rpartition(".")[0] for info in ready}
    if len(pythons) < 3:
        pytest.skip(f"this machine has only Python {', '.join(sorted(pythons))}")
    assert len(ready) >= 4


# --------------------------------------------------------------------------- loud truths


@pytest.mark.parametrize("reader", ["1.3", "1.4", "1.9"])
@pytest.mark.parametrize("pipeline", ["forest_classifier", "tree_classifier"])
def test_trees_of_1_2_do_not_load_in_1_3(result: Result, pipeline: str, reader: str) -> None:
    cell = result.cell(pipeline, "1.2", reader)
    assert (cell["verdict"], cell["stage"]) == ("load-failed", "load")
    assert "node array from the pickle has an incompatible dtype" in message(cell)


def test_a_remainder_of_1_6_does_not_load_in_1_7(result: Result) -> None:
    cell = result.cell("table_by_name", "1.6", "1.7")
    assert cell["verdict"] == "load-failed"
    assert "_RemainderColsList" in message(cell)


def test_an_imputer_of_1_7_fails_to_transform_in_1_8(result: Result) -> None:
    cell = result.cell("simple_imputer", "1.7", "1.8")
    assert (cell["verdict"], cell["stage"]) == ("use-failed", "transform")
    assert "_fill_dtype" in message(cell)


def test_gradient_boosting_of_1_8_does_not_load_in_1_9(result: Result) -> None:
    cell = result.cell("gradient_boosting_classifier", "1.8", "1.9")
    assert cell["verdict"] == "load-failed"
    assert "_loss" in message(cell)


def test_logistic_regression_of_1_8_predicts_in_1_7_but_has_no_probabilities(
    result: Result,
) -> None:
    cell = result.cell("logistic_binary", "1.8", "1.7")
    assert (cell["verdict"], cell["stage"]) == ("use-failed", "predict_proba")
    assert "multi_class" in message(cell)
    assert "predict" not in cell["outputs"]


def test_protocol_5_does_not_load_in_python_3_7(result: Result) -> None:
    cell = result.cell("ridge_scaled", "0.24", "0.24-py3.7", "pickle-5")
    assert cell["verdict"] in ("unavailable", "load-failed")
    assert "protocol" in (cell["reason"] or message(cell))
    assert result.cell("ridge_scaled", "0.24", "0.24-py3.7", "pickle-2")["verdict"] == "identical"


def test_a_file_of_numpy_2_does_not_load_under_an_older_numpy(result: Result) -> None:
    cell = result.cell("ridge_scaled", "1.5", "1.2")
    assert cell["verdict"] == "load-failed"
    assert "numpy._core" in message(cell)


# --------------------------------------------------------------------------- silent truths


def changed(cell: Any, method: str) -> bool:
    output = cell["outputs"].get(method)
    return output is not None and output["verdict"] in ("scores-changed", "labels-changed")


def test_a_tree_of_1_3_silently_gives_counts_for_probabilities_in_1_9(result: Result) -> None:
    cell = result.cell("tree_classifier", "1.3", "1.9")
    assert cell["silent"]
    assert changed(cell, "predict_proba")
    assert "no longer probabilities" in cell["outputs"]["predict_proba"]["note"]
    assert "predict" not in cell["outputs"]


def test_samme_r_of_1_5_silently_predicts_as_another_algorithm_in_1_6(result: Result) -> None:
    cell = result.cell("adaboost_samme_r", "1.5", "1.6")
    assert (cell["verdict"], cell["silent"]) == ("labels-changed", True)
    assert cell["before"]["accuracy"] != cell["after"]["accuracy"]


SILENT = [
    ("logistic_ovr", "1.7", "1.8", "predict_proba"),
    ("pls_regression", "1.4", "1.5", "predict"),
    ("logistic_binary", "1.5", "1.4", "predict_proba"),  # a rollback
]


@pytest.mark.parametrize(("pipeline", "writer", "reader", "method"), SILENT)
def test_silent_changes(
    result: Result, pipeline: str, writer: str, reader: str, method: str
) -> None:
    cell = result.cell(pipeline, writer, reader)
    assert (cell["verdict"], cell["silent"]) == ("scores-changed", True)
    assert changed(cell, method)


# --------------------------------------------------------------------------- mistakes, own code


@pytest.mark.parametrize("pipeline", ["mistake_lambda", "mistake_open_file"])
def test_mistakes_are_shown_for_what_they_are(result: Result, pipeline: str) -> None:
    cell = result.cell(pipeline, "1.9", "1.9")
    assert cell["verdict"] == "not-saved"
    assert "pickle" in cell["exception"]["message"].lower()


def test_a_release_without_an_estimator_is_unavailable(result: Result) -> None:
    cell = result.cell("target_encoder_binary", "1.2", "1.9")
    assert cell["verdict"] == "unavailable"
    assert "TargetEncoder" in cell["reason"]


def test_our_own_transformer_is_imported_by_readers(result: Result) -> None:
    assert result.cell("own_clipper", "1.6", "1.6")["verdict"] == "identical"


# --------------------------------------------------------------------------- again, by hand


BY_HAND = [
    ("tree_classifier", "1.3", "1.9"),  # changed
    ("adaboost_samme_r", "1.5", "1.6"),  # changed
    ("ridge_scaled", "1.3", "1.9"),  # whatever it is
    ("forest_classifier", "1.2", "1.3"),  # does not load
    ("simple_imputer", "1.7", "1.8"),  # fails in use
    ("logistic_binary", "1.6", "1.7"),
]


@pytest.mark.parametrize(("pipeline", "writer", "reader"), BY_HAND)
def test_a_plain_script_agrees(
    result: Result, folder: Path, pipeline: str, writer: str, reader: str
) -> None:
    """The second opinion: both environments load the file by hand, without any of our code."""
    cell = result.cell(pipeline, writer, reader)
    path = folder / ".matrix" / "artifacts" / cell["artifact"][:2] / f"{cell['artifact']}.joblib"
    before, after = (by_hand(result, one, path) for one in (writer, reader))
    if cell["verdict"] in ("load-failed", "use-failed", "introspection-failed"):
        assert message(cell).splitlines()[0] in after
        assert message(cell).splitlines()[0] not in before
    elif cell["verdict"] == "identical":
        assert before == after
    elif cell["verdict"] != "equivalent":  # rounding may show in these rows or not
        assert before != after


SCRIPT = """
import sys, warnings, joblib, numpy
warnings.simplefilter("ignore")
sys.path.append({fixtures!r})
try:
    model = joblib.load({path!r})
    rows = numpy.linspace(-3, 9, 40 * model.n_features_in_).reshape(40, -1)
    for name in ("predict", "predict_proba", "transform"):
        if hasattr(model, name):
            print(name, getattr(model, name)(rows).tolist())
    repr(model)
except Exception as error:
    print("failed:", error)
"""


def by_hand(result: Result, environment: str, path: Path) -> str:
    executable = result.environments[f"sklearn-{environment}"]["info"]["executable"]
    script = SCRIPT.format(fixtures=str(ROOT / "fixtures"), path=str(path))
    return subprocess.run(
        [executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout


def test_the_report_is_shown_again_without_running_anything(result: Result, folder: Path) -> None:
    again = run(folder, "report", "--config", "matrix.toml", "--output", "json:again.json")
    assert again.returncode == 0, again.stderr
    assert json.loads((folder / "again.json").read_text()) == result.document


def test_a_second_run_has_the_same_cells_and_starts_from_what_is_kept(
    result: Result, folder: Path
) -> None:
    done = run(
        folder, "run", "--config", "matrix.toml", *globs(FEW), "--output", "json:second.json"
    )
    second = json.loads((folder / "second.json").read_text())
    assert done.returncode == 0
    for cell, before in zip(second["cells"], result.document["cells"], strict=True):
        assert cell["cached"] or cell["verdict"] in ("unavailable", "not-saved", "not-run")
        assert {**cell, "cached": None} == {**before, "cached": None}


def test_a_time_stamp_does_not_hide_a_change_of_the_weights_beside_it(result: Result) -> None:
    """1.5 ignores the idf weights of an older file.

    A plain script finds 45 of the 74 rows of its data changed; rows that were added show more.
    """
    cell = result.cell("weights_beside_time", "1.4", "1.5")
    assert (cell["verdict"], cell["silent"]) == ("scores-changed", True)
    assert cell["outputs"]["transform"]["n_changed"] >= 45
