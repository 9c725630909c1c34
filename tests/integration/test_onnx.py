"""A writer converts pipelines to ONNX, and two runtimes without scikit-learn run the files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from .projects import ROOT, environ

pytestmark = pytest.mark.nightly

CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures"]
requirements = ["pandas", "skl2onnx", "onnxruntime"]
[formats]
onnx = ["*"]
joblib = ["sgd_log"]
[sets.default]
scikit-learn = ["1.5"]
onnxruntime = ["1.17", "1.20"]
"""
BY_HAND = """
import sys
sys.path[:0] = sys.argv[2:4]
import numpy as np, random, onnxruntime, compat_matrix, linear, trees
from skl2onnx import to_onnx

registered = compat_matrix.REGISTERED[sys.argv[1]]
model, data = registered.build(), registered.data()
random.seed(0), np.random.seed(0)
model.fit(data.X, data.y)
rows = np.asarray(data.rows)
file = to_onnx(model, rows[:1].astype(np.float32)).SerializeToString()
session = onnxruntime.InferenceSession(file)
(labels, _) = session.run(None, {"X": rows.astype(np.float32)})
print(int((labels != model.predict(rows)).sum()))
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("onnx")
    (folder / "matrix.toml").write_text(CONFIGURATION)
    pipelines = ["logistic_multinomial", "sgd_log", "tree_missing", "ridge_two_questions", "pca_*"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "matrix", "run", "--config", "matrix.toml"),
            *(f"--pipelines={one}" for one in pipelines),
            *("--output", "json:found.json"),
        ],
        cwd=folder,
        env={**environ(), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (folder / "found.json").exists(), done.stderr
    assert "two methods were compared, in single precision" in " ".join(done.stdout.split())
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


def verdicts(document: dict[str, Any], pipeline: str) -> dict[tuple[str, str], tuple[str, str]]:
    """By format and reader, the verdict and the cause."""
    return {
        (one["format"], one["reader"]): (one["verdict"], one["cause"] or "")
        for one in document["cells"]
        if one["pipeline"] == pipeline
    }


def test_a_runtime_has_no_scikit_learn_and_loads_onnx_alone(document: dict[str, Any]) -> None:
    packages = {one["id"]: one["info"]["packages"] for one in document["environments"]}
    assert "scikit-learn" in packages["sklearn-1.5"]
    for runtime in ("onnxruntime-1.17", "onnxruntime-1.20"):
        assert "onnxruntime" in packages[runtime]
        assert not {"scikit-learn", "skl2onnx", "joblib"} & packages[runtime].keys()
    assert {one["writer"] for one in document["cells"]} == {"sklearn-1.5"}
    assert verdicts(document, "sgd_log").keys() == {
        ("onnx", "sklearn-1.5"),
        ("onnx", "onnxruntime-1.17"),
        ("onnx", "onnxruntime-1.20"),
        ("joblib", "sklearn-1.5"),
    }


def test_an_old_runtime_refuses_the_ir_version_and_a_newer_one_predicts_the_same(
    document: dict[str, Any],
) -> None:
    assert verdicts(document, "logistic_multinomial") == {
        ("onnx", "sklearn-1.5"): ("equivalent", ""),
        ("onnx", "onnxruntime-1.17"): ("load-failed", "onnx-ir-version"),
        ("onnx", "onnxruntime-1.20"): ("equivalent", ""),
    }


@pytest.mark.parametrize(
    ("pipeline", "cause"),
    [("sgd_log", "onnx-single-precision"), ("tree_missing", "onnx-missing-in-trees")],
)
def test_labels_that_differ_are_those_that_a_plain_script_finds(
    pipeline: str, cause: str, document: dict[str, Any]
) -> None:
    (home,) = (one for one in document["environments"] if one["id"] == "sklearn-1.5")
    done = subprocess.run(
        [
            *(home["info"]["executable"], "-W", "ignore", "-c", BY_HAND, pipeline),
            *(str(ROOT / "fixtures"), str(ROOT / "matrix" / "worker")),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    for cell in document["cells"]:
        if cell["pipeline"] == pipeline and cell["format"] == "onnx":
            if cell["reader"] == "onnxruntime-1.17":
                continue
            assert (cell["verdict"], cell["cause"]) == ("labels-changed", cause)
            assert cell["outputs"]["predict"]["n_changed"] >= int(done.stdout) > 0


def test_a_runtime_that_ends_the_process_has_crashed_and_a_transformer_is_unavailable(
    document: dict[str, Any],
) -> None:
    crashed = ("crashed", "onnx-linear-classes")
    assert verdicts(document, "ridge_two_questions")["onnx", "onnxruntime-1.20"] == crashed
    assert set(verdicts(document, "pca_whitened").values()) == {("unavailable", "")}
