"""Cases that users reported in public: the verdict is what plain scripts found by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
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
BOOSTING_IN_A_DICT = """
import pickle
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True)
scaler = StandardScaler().fit(X[:, :6])
boosting = GradientBoostingClassifier(n_estimators=10, random_state=0)
boosting.fit(scaler.transform(X[:, :6]), y)
model = {"model": boosting, "scaler": scaler, "columns": list("abcdef"), "threshold": 0.4}
"""
STRINGS_IN_A_DICT = """
import pickle
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

random, n = np.random.RandomState(0), 200
table = pd.DataFrame({"a": random.choice(["x", "y", "z"], n), "b": random.choice(["u", "v"], n)})
table = table.astype("string")
pipeline = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
pipeline.fit(table.astype(object), (table.a == "x").astype(int).values)
model = {"model": pipeline, "dtypes": table.dtypes.to_dict(), "sample": table.head(3)}
"""
NEW_PROTOCOL = """
import cloudpickle
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

model = RandomForestClassifier(n_estimators=10, random_state=0).fit(*load_iris(return_X_y=True))
cloudpickle.dump(model, open("model.pkl", "wb"))
raise SystemExit
"""
XGBOOST = """
import pickle
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

model = XGBClassifier(n_estimators=5, use_label_encoder=False, eval_metric="logloss")
model.fit(*load_breast_cancer(return_X_y=True))
"""
CONTAINERS = """
import pickle
import numpy as np
from sklearn.linear_model import LogisticRegression

X = np.random.RandomState(0).rand(80, 3)
one = LogisticRegression().fit(X, X[:, 0] > 0.5)
model = [{"model": one, "threshold": 0.4}, (one, "lr", 0.5)]
"""
SAFE = frozenset({"identical", "equivalent"})
"""The linear algebra of another release may round in another way."""
SAVE = """
pickle.dump(model, open("model.pkl", "wb"))
"""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A case, and by target the verdict and words of its reason."""

    script: str
    origin: tuple[str, ...]
    """The versions that saved it."""
    found: dict[str, tuple[str, str]]
    """By requirement, as in ``--to``; a release alone is one of scikit-learn."""
    part: str = ""
    """Where in the file the model is, as the answer shows it."""
    data: str = ""
    changed: dict[str, int] = field(default_factory=dict)
    """By output method, in how many rows it changes."""


CASES = {
    "private names of a support vector machine": Reported(
        script=SVR,
        origin=("scikit-learn==0.22.2.post1",),
        found={"0.23.2": ("use-failed", "no attribute '_probA'")},
    ),
    "renamed attributes of a calibrated classifier": Reported(
        script=CALIBRATED,
        origin=("scikit-learn==0.23.2",),
        found={"0.24.1": ("use-failed", "no attribute 'calibrators'")},
    ),
    "a Gaussian process that scales its target": Reported(
        script=GAUSSIAN,
        origin=("scikit-learn==0.22.2.post1",),
        found={"0.23.2": ("use-failed", "no attribute '_y_train_std'")},
    ),
    "rollback to a release with other modules": Reported(
        script=PCA,
        origin=("scikit-learn==0.22.2.post1",),
        found={"0.21.3": ("load-failed", "No module named 'sklearn.decomposition._pca'")},
    ),
    "a tree that a 32-bit Python saved": Reported(
        script=TREE_OF_32_BITS,
        origin=("scikit-learn==1.1.1",),
        found={
            "1.0.2": ("identical", ""),
            "1.2.2": ("identical", ""),
            "1.3.2": ("load-failed", "incompatible dtype"),
        },
    ),
    "boosting of 0.20 in a dictionary": Reported(
        script=BOOSTING_IN_A_DICT,
        origin=("scikit-learn==0.20.4", "numpy==1.16.6", "scipy==1.2.3"),
        found={
            "0.21.3": ("use-failed", "get_init_raw_predictions"),
            "0.22.2.post1": ("use-failed", "get_init_raw_predictions"),
        },
        part=' → ["model"]',
    ),
    "a pipeline beside types of text of an older pandas": Reported(
        script=STRINGS_IN_A_DICT,
        origin=("scikit-learn==1.5.2", "pandas==2.2.3", "numpy==1.26.4"),
        found={"pandas==2.3.0": ("identical", "")},
        part=' → ["model"]',
    ),
    "those types": Reported(
        script=STRINGS_IN_A_DICT,
        origin=("scikit-learn==1.5.2", "pandas==2.2.3", "numpy==1.26.4"),
        found={"pandas==2.3.0": ("use-failed", "'_na_value'")},
        part=" → the rest of the dict",
    ),
    "a protocol that an older Python does not have": Reported(
        script=NEW_PROTOCOL,
        origin=("scikit-learn==0.24.2", "cloudpickle==2.0.0", "python==3.8"),
        found={"python==3.7": ("load-failed", "unsupported pickle protocol: 5")},
    ),
    "a new parameter of xgboost": Reported(
        script=XGBOOST,
        origin=("scikit-learn==0.24.2", "xgboost==1.4.2", "setuptools==69.5.1", "python==3.8"),
        found={"xgboost==1.5.0": ("use-failed", "enable_categorical")},
    ),
    "a model in a dictionary in a list": Reported(
        script=CONTAINERS,
        origin=("scikit-learn==1.3.2",),
        found={"1.4.2": ("identical", "")},
        part=' → [0]["model"]',
    ),
    "an imputer beside a time stamp": Reported(
        script=IMPUTER_BESIDE_TIME,
        origin=("scikit-learn==1.8.0",),
        found={"1.9.1": ("scores-changed", "")},
        data="rows.npy",
        changed={"transform": 50},
    ),
    "weights of words beside a time stamp": Reported(
        script=WEIGHTS_BESIDE_TIME,
        origin=("scikit-learn==1.4.2",),
        found={"1.5.2": ("scores-changed", "")},
        data="rows.csv",
        changed={"transform": 50},
    ),
}


Answer = tuple[list[dict[str, Any]], str]
"""The cells of a file, and what the terminal shows."""
Ask = Callable[[Reported], Answer]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Checks the file of a case, once for all cases that have the same one."""
    known: dict[tuple[str, ...], Answer] = {}

    def answered(case: Reported) -> Answer:
        key = (case.script, case.data, *case.origin, *case.found)
        if key not in known:
            known[key] = _answer(case, tmp_path_factory.mktemp("reported"))
        return known[key]

    return answered


def _answer(case: Reported, folder: Path) -> Answer:
    """Save the model of a case, and check it; no option says where it comes from."""
    found = environment(*case.origin)
    assert found.info is not None
    subprocess.run([found.info.executable, "-c", case.script + SAVE], check=True, cwd=folder)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "matrix", "upgrade", "model.pkl"),
            *(f"--to={target}" for target in case.found),
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
    result = json.loads((folder / "found.json").read_text())
    return result["cells"], " ".join(done.stdout.split())


def cells_of(case: Reported, answer: Answer) -> dict[str, dict[str, Any]]:
    """By target, the cell of a case: the last one, if it was tried as of its release too."""
    of_model = [cell for cell in answer[0] if cell["pipeline"] == f"model.pkl{case.part}"]
    return {
        target: cell
        for cell in of_model[1:]  # the first is the origin
        for target in case.found
        if target.replace("==", "").removeprefix("python") in cell["reader"]
    }


AT_NIGHT = {
    "a new parameter of xgboost",
    "a model in a dictionary in a list",
    "those types",
    "private names of a support vector machine",
    "boosting of 0.20 in a dictionary",
    "a pipeline beside types of text of an older pandas",
    "renamed attributes of a calibrated classifier",
    "a Gaussian process that scales its target",
    "rollback to a release with other modules",
    "a tree that a 32-bit Python saved",
    "an imputer beside a time stamp",
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.nightly] if name in AT_NIGHT else []) for name in CASES],
)
def test_the_verdict_is_what_plain_scripts_find(ask: Ask, name: str) -> None:
    case = CASES[name]
    answer = ask(case)
    cells = cells_of(case, answer)
    for target, (verdict, words) in case.found.items():
        cell = cells[target]
        assert cell["verdict"] in (SAFE if verdict in SAFE else {verdict}), (target, cell)
        assert words in (cell["exception"] or {"message": ""})["message"]
        assert words in answer[1]
        for method, rows in case.changed.items():
            assert cell["outputs"][method]["n_changed"] >= rows


def test_a_failing_accessory_does_not_hide_a_changed_output(ask: Ask) -> None:
    """Bins of 1.3.2 in 1.0.2: values next to an edge change, and naming the features fails."""
    case = Reported(
        script=BINS, origin=("scikit-learn==1.3.2",), found={"1.0.2": ("use-failed", "")}
    )
    answer = ask(case)
    outputs, shown = cells_of(case, answer)["1.0.2"]["outputs"], answer[1]
    assert outputs["get_feature_names_out"]["verdict"] == "use-failed"
    assert outputs["transform"]["verdict"] == "scores-changed"
    assert outputs["transform"]["n_changed"] >= 10
    assert "fails in get_feature_names_out" in shown
    assert f"changes transform in {outputs['transform']['n_changed']} of" in shown
