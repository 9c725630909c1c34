"""Cases that users reported in public: the verdict is what plain scripts found by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .projects import environ, environment

SVR = """
import pickle
import numpy as np
from sklearn.svm import SVR

random = np.random.RandomState(0)
X = random.rand(120, 4)
model = SVR(C=10).fit(X, np.sin(X[:, 0] * 5) + X[:, 1] + 0.05 * random.randn(120))
"""
CALIBRATED = """
import pickle
import numpy as np, pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, RobustScaler
from sklearn.svm import SVC

random, n = np.random.RandomState(0), 200
table = pd.DataFrame({"sex": random.choice(["d", "b"], n), "w": random.rand(n) * 30})
columns = make_column_transformer((OneHotEncoder(), ["sex"]), (RobustScaler(), ["w"]))
svc = SVC(kernel="poly", gamma="scale", probability=True, random_state=0)
model = make_pipeline(columns, CalibratedClassifierCV(svc, cv=3)).fit(table, table["w"] > 15)
"""
GAUSSIAN = """
import pickle
import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, RBF

X = np.random.RandomState(0).rand(60, 2)
kernel = ConstantKernel(1e6, "fixed") * RBF(0.5, "fixed")
model = GaussianProcessRegressor(kernel, alpha=1e-3, normalize_y=True, random_state=0)
model.fit(X, 5000 + 2000 * np.sin(5 * X[:, 0]))
"""
PCA = """
import pickle
import numpy as np
from sklearn.decomposition import PCA

model = PCA(2, random_state=0).fit(np.random.RandomState(0).rand(100, 6))
"""
TREE_OF_32_BITS = """
import copyreg, io, pickle
import numpy as np
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree

def reduced(tree):
    made, (features, classes, outputs), state = tree.__reduce__()
    old = state["nodes"].dtype
    kinds = [(name, old[name].str.replace("i8", "i4")) for name in old.names]
    state = dict(state, nodes=state["nodes"].astype(kinds))
    return made, (features, classes.astype(np.int32), outputs), state

model = DecisionTreeClassifier(random_state=0).fit(*load_iris(return_X_y=True))
file = io.BytesIO()
pickler = pickle.Pickler(file, 4)
pickler.dispatch_table = dict(copyreg.dispatch_table)
pickler.dispatch_table[Tree] = reduced
pickler.dump(model)
open("model.pkl", "wb").write(file.getvalue())
raise SystemExit
"""
IMPUTER_BESIDE_TIME = """
import pickle
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.experimental import enable_iterative_imputer
from sklearn.impute import IterativeImputer

random = np.random.RandomState(0)
X, rows = random.randn(240, 6), random.randn(60, 6)
X[random.rand(240, 6) < 0.15] = np.nan
rows[random.rand(60, 6) < 0.25] = np.nan
X, rows = (np.c_[one, 1.7e9 + 3600.0 * np.arange(len(one))] for one in (X, rows))
imputer = IterativeImputer(random_state=0, max_iter=5, sample_posterior=True)
model = ColumnTransformer([("imp", imputer, slice(0, 6))], remainder="passthrough").fit(X)
np.save("rows.npy", rows)
"""
WEIGHTS_BESIDE_TIME = """
import pickle
import numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer

texts = ["the cat sat on the mat", "a dog barked at the cat", "the mat was red", "dogs and cats"]
texts += ["red dog on the mat", "birds sing in the morning"]
table = pd.DataFrame({"text": texts * 10, "ts": np.arange(60) * 3600.0 + 1.7e9})
columns = ColumnTransformer([("t", TfidfVectorizer(), "text")], remainder="passthrough")
model = columns.fit(table)
table.to_csv("rows.csv", index=False)
"""
BINS = """
import pickle
import numpy as np
from sklearn.preprocessing import KBinsDiscretizer

X = np.random.RandomState(0).rand(200, 3)
model = KBinsDiscretizer(5, encode="ordinal").fit(X)
"""
SAVE = """
pickle.dump(model, open("model.pkl", "wb"))
"""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A case, and by release of scikit-learn the verdict and words of its reason."""

    script: str
    origin: str
    found: dict[str, tuple[str, str]]
    data: str = ""
    changed: dict[str, int] = field(default_factory=dict)
    """By output method, in how many rows it changes."""


CASES = {
    "private names of a support vector machine": Reported(
        script=SVR,
        origin="0.22.2.post1",
        found={"0.23.2": ("use-failed", "no attribute '_probA'")},
    ),
    "renamed attributes of a calibrated classifier": Reported(
        script=CALIBRATED,
        origin="0.23.2",
        found={"0.24.1": ("use-failed", "no attribute 'calibrators'")},
    ),
    "a Gaussian process that scales its target": Reported(
        script=GAUSSIAN,
        origin="0.22.2.post1",
        found={"0.23.2": ("use-failed", "no attribute '_y_train_std'")},
    ),
    "rollback to a release with other modules": Reported(
        script=PCA,
        origin="0.22.2.post1",
        found={"0.21.3": ("load-failed", "No module named 'sklearn.decomposition._pca'")},
    ),
    "a tree that a 32-bit Python saved": Reported(
        script=TREE_OF_32_BITS,
        origin="1.1.1",
        found={
            "1.0.2": ("identical", ""),
            "1.2.2": ("identical", ""),
            "1.3.2": ("load-failed", "incompatible dtype"),
        },
    ),
    "an imputer beside a time stamp": Reported(
        script=IMPUTER_BESIDE_TIME,
        origin="1.8.0",
        found={"1.9.1": ("scores-changed", "")},
        data="rows.npy",
        changed={"transform": 50},
    ),
    "weights of words beside a time stamp": Reported(
        script=WEIGHTS_BESIDE_TIME,
        origin="1.4.2",
        found={"1.5.2": ("scores-changed", "")},
        data="rows.csv",
        changed={"transform": 50},
    ),
}


def check(folder: Path, case: Reported) -> tuple[dict[str, Any], str]:
    """By release, the cell of a case, and what the terminal shows."""
    found = environment(f"scikit-learn=={case.origin}")
    assert found.info is not None
    subprocess.run([found.info.executable, "-c", case.script + SAVE], check=True, cwd=folder)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "matrix", "upgrade", "model.pkl", "--as-of", "release"),
            *(["--from", f"scikit-learn=={case.origin}"]),
            *(f"--to=scikit-learn=={release}" for release in case.found),
            *(["--data", case.data] if case.data else []),
            *("--output", "json:found.json"),
        ],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert (folder / "found.json").exists(), done.stderr
    cells = json.loads((folder / "found.json").read_text())["cells"]
    shown = " ".join(done.stdout.split())
    return {cell["reader"].removeprefix("sklearn-"): cell for cell in cells}, shown


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_is_what_plain_scripts_find(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    cells, _ = check(tmp_path, case)
    for release, (verdict, words) in case.found.items():
        cell = cells[release]
        assert cell["verdict"] == verdict, (release, cell)
        assert words in (cell["exception"] or {"message": ""})["message"]
        for method, rows in case.changed.items():
            assert cell["outputs"][method]["n_changed"] >= rows


def test_a_failing_accessory_does_not_hide_a_changed_output(tmp_path: Path) -> None:
    """Bins of 1.3.2 in 1.0.2: values next to an edge change, and naming the features fails."""
    case = Reported(script=BINS, origin="1.3.2", found={"1.0.2": ("use-failed", "")})
    cells, shown = check(tmp_path, case)
    outputs = cells["1.0.2"]["outputs"]
    assert outputs["get_feature_names_out"]["verdict"] == "use-failed"
    assert outputs["transform"]["verdict"] == "scores-changed"
    assert outputs["transform"]["n_changed"] >= 10
    assert "fails in get_feature_names_out" in shown
    assert f"changes transform in {outputs['transform']['n_changed']} of" in shown
