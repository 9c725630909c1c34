"""Conversions of the fitted state between real releases, seen again by a plain script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from .projects import environ, interpreter

TRAIN = """
import sys, joblib
import numpy as np
from sklearn import calibration, compose, cross_decomposition, ensemble, impute, linear_model
from sklearn import naive_bayes, neighbors, pipeline, preprocessing, svm, tree
from sklearn.feature_extraction.text import TfidfVectorizer

random = np.random.RandomState(0)
X = random.normal(size=(160, 4))
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.8)
numbers = 3 * X[:, 0] - X[:, 1] + X[:, 2] ** 2
table = np.c_[np.where(X < -1.5, np.nan, X), np.arange(160) % 3]
text = ["good food and wine", "bad food", "nice place good wine", "slow bad service"] * 5
prepare = compose.ColumnTransformer([
    ("numbers", pipeline.make_pipeline(
        impute.SimpleImputer(), preprocessing.StandardScaler()), [0, 1, 2]),
    ("category", preprocessing.OneHotEncoder(), [4]),
])
trees = ensemble.RandomForestClassifier(5, random_state=0)
pair = [("tree", tree.DecisionTreeClassifier(max_depth=3)), ("bayes", naive_bayes.GaussianNB())]
MODELS = {
    "table": (pipeline.make_pipeline(prepare, linear_model.LogisticRegression()), table, y > 0),
    "forest": (trees, X, y),
    "voting": (ensemble.VotingClassifier(pair, voting="soft"), X, y),
    "boosting": (ensemble.GradientBoostingClassifier(n_estimators=5, random_state=0), X, y),
    "sgd": (linear_model.SGDClassifier(random_state=0), X, y),
    "pls": (cross_decomposition.PLSRegression(2), X, np.c_[numbers, X[:, 3]]),
    "words": (pipeline.make_pipeline(TfidfVectorizer(), linear_model.Ridge()), text, [1, 0] * 10),
    "neighbors": (neighbors.KNeighborsRegressor(), X, numbers),
    "support": (svm.SVR(), X, numbers),
    "calibrated": (
        calibration.CalibratedClassifierCV(svm.LinearSVC(random_state=0), cv=3), X, y > 0),
}
for name, (model, rows, labels) in MODELS.items():
    joblib.dump(model.fit(rows, labels), "%s/%s.joblib" % (sys.argv[1], name))
"""

READ = """
import json, sys, joblib
import numpy as np
from sklearn.base import clone

random = np.random.RandomState(1)
X = np.vstack([random.normal(size=(60, 4)), 9 * random.normal(size=(20, 4))])
rows = {"table": np.c_[np.where(X < -1.5, np.nan, X), np.arange(80) % 3]}
rows["words"] = ["good food", "bad wine and service", "slow place", "unknown"]
found = {}
for path in sys.argv[1:]:
    name = path.split("/")[-1].split(".")[0]
    model = joblib.load(path)
    assert repr(model) and model.get_params() and clone(model) is not None
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        if hasattr(model, method):
            value = getattr(model, method)(rows.get(name, X))
            found[name + "." + method] = np.asarray(value, dtype=float).tolist()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("conversions"))
    Path("train.py").write_text(TRAIN)
    Path("read.py").write_text(READ)
    yield Path()
    os.chdir(here)


def python(release: str, *arguments: str | Path) -> str:
    where = interpreter(f"scikit-learn=={release}")
    command = [str(where), "-W", "ignore", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("origin", "target"),
    [
        *[(origin, "1.9.1") for origin in ("0.24.2", "1.2.2", "1.3.2")],
        ("1.9.1", "1.3.2"),
    ],
)
def test_what_converts_by_hand_converts(home: Path, origin: str, target: str) -> None:
    """Each file that is not safe as it is gives in the target what the original gave."""
    models, written = Path(f"of-{origin}-{target}"), Path(f"{origin}-to-{target}")
    models.mkdir()
    python(origin, "train.py", models)
    command = [sys.executable, "-m", "matrix", "migrate", str(models), "--output", str(written)]
    command += ["--to", f"scikit-learn=={target}", "--as-of", "release", "--introspection"]
    done = subprocess.run(
        [*command, "--minutes", "1"], env=environ(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files = sorted(written.glob("*.joblib"))
    assert len(files) > 3, done.stdout
    before = json.loads(python(origin, "read.py", *(models / path.name for path in files)))
    after = json.loads(python(target, "read.py", *files))
    assert set(after) == set(before)
    for name, values in before.items():
        assert np.allclose(after[name], values, rtol=1e-6, atol=1e-8), name
