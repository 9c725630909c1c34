"""A writer converts pipelines to ONNX, and two runtimes without scikit-learn run the files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .projects import ROOT, answered, environ

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
from pathlib import Path
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


def executable(document: dict[str, Any], id_: str) -> str:
    (found,) = (one for one in document["environments"] if one["id"] == id_)
    return str(found["info"]["executable"])


CONVERT = """
import sys
from pathlib import Path
import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

X, y = load_iris(return_X_y=True)
model = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
old = {"": 15, "ai.onnx.ml": 3}
for name, opset in (("old.onnx", old), ("new.onnx", None)):
    file = to_onnx(model, X[:1].astype(np.float32), target_opset=opset)
    open(name, "wb").write(file.SerializeToString())
rows = [X]
for tree in model.estimators_:
    inner = tree.tree_.feature >= 0
    for feature, threshold in zip(tree.tree_.feature[inner], tree.tree_.threshold[inner]):
        near = np.float32(threshold)
        for value in (near, np.nextafter(near, np.float32(-9)), np.nextafter(near, np.float32(9))):
            row = X[:1].copy()
            row[0, feature] = value
            rows.append(row)
np.save("rows.npy", np.concatenate(rows).astype(np.float32))
"""
RUN = """
import sys, numpy, onnxruntime
try:
    session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
except Exception as error:
    raise SystemExit(type(error).__name__)
labels, found = session.run(None, {"X": numpy.load("rows.npy")})
print(labels.tolist(), [[value.hex() for value in row.values()] for row in found])
"""


def upgraded(folder: Path, name: str, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of an upgrade check from onnxruntime 1.20 to 1.17."""
    releases = ("--from", "onnxruntime==1.20.1", "--to", "onnxruntime==1.17.3")
    return answered(folder, "upgrade", name, *releases, *more)


@pytest.mark.parametrize("name", ["old.onnx", "new.onnx"])
def test_an_upgrade_check_of_a_file_says_what_a_plain_script_finds(
    name: str, document: dict[str, Any], tmp_path: Path
) -> None:
    home = executable(document, "sklearn-1.5")
    subprocess.run([home, "-W", "ignore", "-c", CONVERT], cwd=tmp_path, check=True)
    new, old = (
        subprocess.run(
            [executable(document, f"onnxruntime-{one}"), "-c", RUN, name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        for one in ("1.20", "1.17")
    )
    assert new.returncode == 0
    code, found = upgraded(tmp_path, name)
    (cell,) = (one for one in found["cells"] if "1.17.3" in one["reader"])
    if old.returncode:
        assert "Fail" in old.stderr or "InvalidArgument" in old.stderr
        assert (code, cell["verdict"], cell["cause"]) == (1, "load-failed", "onnx-ir-version")
    else:
        assert old.stdout == new.stdout
        assert (code, cell["verdict"]) == (0, "identical")
    (answer,) = found["answers"]
    assert answer["rows"]["next to a tree threshold"] > 0
    assert answer["rows"]["with a missing value"] > 0


def test_shards_with_a_runtime_are_together_what_one_run_gives(tmp_path: Path) -> None:
    (tmp_path / "matrix.toml").write_text(CONFIGURATION)

    def run(*arguments: str) -> None:
        command = [sys.executable, "-m", "matrix", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environ(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def cells(name: str) -> dict[tuple[str, ...], tuple[str, str]]:
        keys = ("pipeline", "format", "writer", "reader")
        found = json.loads((tmp_path / name).read_text())["cells"]
        return {tuple(one[key] for key in keys): (one["verdict"], one["cause"]) for one in found}

    few = ["--config", "matrix.toml", "--pipelines=sgd_log", "--pipelines=ridge_scaled"]
    run("run", *few, "--output", "json:whole.json")
    for part in "123":
        run("run", *few, "--state", part, "--shard", f"{part}/3", "--output", f"json:{part}.json")
    run("merge", "1.json", "2.json", "3.json", "--output", "json:merged.json")
    assert cells("merged.json") == cells("whole.json")
    assert {key[3] for key in cells("merged.json")} == {
        "sklearn-1.5",
        "onnxruntime-1.17",
        "onnxruntime-1.20",
    }
