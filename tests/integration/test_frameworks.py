"""Models of other libraries: their packages come by themselves, and one package moves at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .projects import environ, interpreter

TRAIN = """
import pickle
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

X, y = load_breast_cancer(return_X_y=True)
model = XGBClassifier(n_estimators=20, use_label_encoder=False, eval_metric="logloss")
pickle.dump(model.fit(X, y), open("model.pkl", "wb"))
"""
BY_HAND = """
import json, pickle, warnings
from sklearn.datasets import load_breast_cancer

warnings.simplefilter("ignore")
X, _ = load_breast_cancer(return_X_y=True)
model = pickle.load(open("model.pkl", "rb"))
found = {}
for method in ("predict", "predict_proba", "apply"):
    try:
        getattr(model, method)(X[::10])
        found[method] = ""
    except Exception as error:
        found[method] = str(error)
print(json.dumps(found))
"""


def upgraded(folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    """The result of a check in a folder, and what the terminal shows."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "matrix",
            "upgrade",
            "model.pkl",
            *options,
            "--output",
            "json:f.json",
        ],
        env={**environ(), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert (folder / "f.json").exists(), done.stderr
    return json.loads((folder / "f.json").read_text()), " ".join(done.stdout.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that xgboost 1.4.2 saved; its file has no version of scikit-learn."""
    path = tmp_path_factory.mktemp("xgboost")
    python = interpreter("scikit-learn==0.24.2", "xgboost==1.4.2")
    subprocess.run([python, "-c", TRAIN], check=True, cwd=path)
    return path


def test_another_release_of_a_library_is_tried_while_all_else_stays(folder: Path) -> None:
    """Saved by xgboost 1.4.2, read by 1.5.0 with the same scikit-learn: `enable_categorical`."""
    found, shown = upgraded(folder, "--to", "xgboost==1.5.0")
    origin, target = (one["lock"]["pins"] for one in found["environments"])
    assert {name for name in origin if origin[name] != target.get(name)} == {"xgboost"}
    assert (origin["xgboost"], target["xgboost"]) == ("1.4.2", "1.5.0")
    (cell,) = [one for one in found["cells"] if one["verdict"] != "identical"]
    python = found["environments"][1]["info"]["executable"]
    done = subprocess.run(
        [python, "-c", BY_HAND], check=True, cwd=folder, capture_output=True, text=True
    )
    by_hand = json.loads(done.stdout)
    failing = [name for name, error in by_hand.items() if error]
    assert failing == ["predict", "predict_proba"]
    assert all("enable_categorical" in by_hand[name] for name in failing)
    assert cell["verdict"] == "use-failed"
    assert "enable_categorical" in cell["exception"]["message"]
    for method, error in by_hand.items():
        bad = cell["outputs"].get(method, {"verdict": ""})["verdict"] == "use-failed"
        assert bad == bool(error), method
    assert f"fails in predict with scikit-learn {origin['scikit-learn']}, xgboost 1.5.0" in shown


@pytest.mark.nightly
def test_a_file_alone_is_answered_for_each_package(folder: Path) -> None:
    """No option: two ladders, two pins, and the releases that cannot be installed."""
    found, shown = upgraded(folder)
    (answer,) = found["answers"]
    (package,) = answer["packages"]
    assert answer["problem"] == ""
    assert answer["pin"].endswith(" xgboost==1.4.2")
    assert (package["package"], package["first_bad"]) == ("xgboost", "1.5.0")
    assert "3.0.5" in package["impossible"]
    assert "fails in predict with 1.5.0" in shown
