"""A model with code of its script and of a module: answered in one round, saved without it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .projects import environ, interpreter

TRAIN = """
import plots_that_nobody_has_installed as plt
import joblib, numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.base import BaseEstimator, TransformerMixin
from ours.steps import Clip

FACTOR = 3

def scale(X):
    return X * FACTOR

class Shift(BaseEstimator, TransformerMixin):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.asarray(X) + 1

rows = open("rows-of-that-day.txt").read()
X = np.random.RandomState(0).randn(200, 4)
model = make_pipeline(Shift(), FunctionTransformer(scale), Clip(), LogisticRegression())
joblib.dump(model.fit(X, X[:, 0] > 0), "models/own.joblib")
"""
STEPS = """
from sklearn.base import BaseEstimator, TransformerMixin

class Clip(BaseEstimator, TransformerMixin):
    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X.clip(-1, 5)
"""
BY_HAND = """
import json, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
sys.path.append("src")
sys.modules["plots_that_nobody_has_installed"] = sys
text = open("train.py").read().partition("rows = open")[0]
exec(text)
model = joblib.load("models/own.joblib")
print(json.dumps(model.predict_proba(np.random.RandomState(1).randn(20, 4))[:, 0].tolist()))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with a model that its script saved in 1.3.2."""
    here, folder = Path.cwd(), tmp_path_factory.mktemp("own")
    os.chdir(folder)
    for name in ("models", "src/ours"):
        Path(name).mkdir(parents=True)
    Path("pyproject.toml").write_text("")
    Path("src/ours/steps.py").write_text(STEPS)
    Path("train.py").write_text(TRAIN)
    Path("rows-of-that-day.txt").write_text("1")
    prelude = (
        "import sys; sys.modules['plots_that_nobody_has_installed'] = sys; sys.path.append('src')"
    )
    subprocess.run([python("1.3.2"), "-c", f"{prelude}\n{TRAIN}"], check=True)
    Path("rows-of-that-day.txt").unlink()
    yield folder
    os.chdir(here)


def python(release: str) -> Path:
    return interpreter(f"scikit-learn=={release}", common=("pandas",))


def upgrade(*more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "matrix", "upgrade", "models/own.joblib"]
    command += ["--to", "scikit-learn==1.5.2", "--as-of", "release", "--output", "json:a.json"]
    return subprocess.run(
        [*command, *more], env=environ(), capture_output=True, text=True, check=False
    )


def test_the_line_of_the_refusal_is_all_that_is_needed(project: Path) -> None:
    refused = upgrade()
    assert refused.returncode == 3
    (line,) = (one for one in refused.stdout.splitlines() if one.lstrip().startswith("--main"))
    assert line.split() == ["--main", "train.py", "--path", "src", "--trust", "ours.steps.Clip"]
    done = upgrade(*shlex.split(line))
    assert done.returncode == 0, done.stdout + done.stderr
    (answer,) = json.loads(Path("a.json").read_text())["answers"]
    assert answer["group"] == "loads"
    first, second = (
        json.loads(subprocess.check_output([python(one), "-c", BY_HAND], text=True))
        for one in ("1.3.2", "1.5.2")
    )
    assert first == pytest.approx(second)


PLAIN = """
import json, pickle, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
with open(sys.argv[1], "rb") as file:
    model = pickle.load(file)
assert "ours" not in sys.modules
print(json.dumps(model.predict_proba(np.random.RandomState(1).randn(20, 4))[:, 0].tolist()))
"""


def test_a_file_with_the_code_inside_needs_the_code_no_longer(
    project: Path, tmp_path: Path
) -> None:
    """``migrate --by-value``; a plain script loads the new file elsewhere."""
    command = [sys.executable, "-m", "matrix", "migrate", "models/own.joblib", "--as-of", "release"]
    command += ["--to", "scikit-learn==1.5.2 cloudpickle", "--output", "new.pkl", "--by-value"]
    command += ["--main", "train.py", "--path", "src", "--trust", "ours.steps.Clip"]
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(Path("new.pkl.provenance.json").read_text())
    assert found["verdict"] in ("identical", "equivalent")
    there = interpreter("scikit-learn==1.5.2", "cloudpickle")
    plain = subprocess.check_output(
        [there, "-c", PLAIN, project / "new.pkl"], text=True, cwd=tmp_path
    )
    by_hand = subprocess.check_output([python("1.3.2"), "-c", BY_HAND], text=True)
    assert json.loads(plain) == pytest.approx(json.loads(by_hand))


BUNDLE = """
import copy
import joblib
model = joblib.load("models/own.joblib")
held = {"model": model, "spare": copy.deepcopy(model), "threshold": 0.4}
joblib.dump(held, "models/bundle.joblib")
"""
IN_BUNDLE = PLAIN.replace("model = pickle.load(file)", "model = pickle.load(file)['spare']")


@pytest.mark.nightly
def test_each_model_of_a_bundle_has_its_code_inside_the_new_file(
    project: Path, tmp_path: Path
) -> None:
    load = BY_HAND.partition("model =")[0]
    subprocess.run([python("1.3.2"), "-c", f"{load}\n{BUNDLE}"], check=True)
    command = [sys.executable, "-m", "matrix", "migrate", "models/bundle.joblib", "--by-value"]
    command += ["--to", "scikit-learn==1.5.2 cloudpickle", "--output", "whole.pkl"]
    command += ["--main", "train.py", "--path", "src", "--trust", "ours.steps.Clip"]
    command += ["--as-of", "release"]
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '["spare"]: every method compared' in done.stdout
    there = interpreter("scikit-learn==1.5.2", "cloudpickle")
    plain = subprocess.check_output(
        [there, "-c", IN_BUNDLE, project / "whole.pkl"], text=True, cwd=tmp_path
    )
    by_hand = subprocess.check_output([python("1.3.2"), "-c", BY_HAND], text=True)
    assert json.loads(plain) == pytest.approx(json.loads(by_hand))
