"""Files that hold several objects: each model in them is answered, on real releases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .projects import environ, interpreter

SAVE = """
import joblib, numpy as np
from sklearn.cluster import DBSCAN
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import LabelEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

texts = ["good day", "bad day", "good night", "bad night", "fine day", "awful day"] * 5
words = TfidfVectorizer().fit(texts)
logistic = LogisticRegression().fit(words.transform(texts), [1, 0, 1, 0, 1, 0] * 5)
joblib.dump({"vec": words, "nested": {"clf": logistic}, "threshold": 0.4}, "text.joblib")
X = np.random.RandomState(0).rand(60, 5)
scaler = StandardScaler().fit(X)
pca = PCA(3).fit(scaler.transform(X))
ridge = Ridge().fit(pca.transform(scaler.transform(X)), X[:, 0])
joblib.dump((ridge, pca, scaler, {"mean": X.mean(0)}), "chain.joblib")
tree = DecisionTreeClassifier(random_state=0).fit(X, X[:, 0] > 0.5)
joblib.dump([tree, LabelEncoder().fit(["a", "b"])], "tree.joblib")
joblib.dump(DBSCAN(eps=0.5).fit(X), "clusters.joblib")
joblib.dump(X, "array.joblib")
import kept
joblib.dump(kept.Kept(ridge, scaler), "own.joblib")
joblib.dump(kept.Doubled(tree), "doubled.joblib")
"""

OWN = """
from dataclasses import dataclass
from typing import Any

@dataclass
class Kept:
    model: Any
    scaler: Any
    threshold: float = 0.4

class Doubled:
    def __init__(self, tree):
        self.tree = tree

    def predict(self, X):
        return 2 * self.tree.predict(X)
"""

BY_HAND = """
import json, sys, warnings
import joblib, numpy as np
warnings.simplefilter("ignore")
held = joblib.load("text.joblib")
texts = ["good day", "bad night", "awful day", "day"]
found = held["nested"]["clf"].predict_proba(held["vec"].transform(texts))
print(json.dumps(found.ravel().tolist()))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here, folder = Path.cwd(), tmp_path_factory.mktemp("bundles")
    os.chdir(folder)
    yield folder
    os.chdir(here)


def python(release: str) -> Path:
    return interpreter(f"scikit-learn=={release}", common=())


@pytest.fixture(scope="module")
def answers(home: Path) -> dict[str, Any]:
    """By path in a file, the answer from 1.3.2 to 1.6.1."""
    (home / "kept.py").write_text(OWN)
    subprocess.run([python("1.3.2"), "-c", SAVE], check=True)
    command = [sys.executable, "-m", "matrix", "upgrade", *sorted(map(str, home.glob("*.joblib")))]
    command += ["--to", "scikit-learn==1.6.1", "--as-of", "release", "--output", "json:a.json"]
    command += ["--no-bisect", "--path", ".", "--trust", "kept.Kept", "--trust", "kept.Doubled"]
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    found = json.loads(Path("a.json").read_text())
    cells = {cell["pipeline"]: cell for cell in found["cells"] if cell["reader"].endswith("1.6.1")}
    return {
        Path(answer["model"].partition(" → ")[0]).stem + answer["model"].partition(".joblib")[2]: {
            **answer,
            "cell": cells.get(answer["model"]),
        }
        for answer in found["answers"]
    }


def test_every_model_is_answered_under_its_path(answers: dict[str, Any]) -> None:
    assert {path: answer["group"] for path, answer in answers.items()} == {
        "array": "cannot tell",
        "chain → [0]": "loads",
        "chain → [1]": "loads",
        "chain → [2]": "loads",
        "chain → [0] after [1] and [2]": "loads",
        "chain → the rest of the tuple": "loads",
        "clusters": "loads",
        "doubled": "fails",
        "own → .model": "loads",
        "own → .scaler": "loads",
        "own → the rest of the Kept": "loads",
        'text → ["vec"]': "silently changes",
        'text → ["nested"]["clf"]': "loads",
        'text → ["nested"]["clf"] after ["vec"]': "silently changes",
        "text → the rest of the dict": "loads",
        "tree → [0]": "fails",
        "tree → [1]": "loads",
    }


def test_a_vectorizer_and_its_classifier_change_together_as_by_hand(
    answers: dict[str, Any],
) -> None:
    """Alone the classifier is safe, since what changes is what it gets."""
    before, after = (
        json.loads(subprocess.run([python(one), "-c", BY_HAND], capture_output=True).stdout)
        for one in ("1.3.2", "1.6.1")
    )
    assert before != pytest.approx(after, rel=1e-3)
    together = answers['text → ["nested"]["clf"] after ["vec"]']["cell"]
    assert together["outputs"]["predict_proba"]["verdict"] == "scores-changed"


def test_an_own_class_with_a_predict_is_one_model_that_fails_as_its_tree_does(
    answers: dict[str, Any],
) -> None:
    assert answers["doubled"]["cell"]["verdict"] == answers["tree → [0]"]["cell"]["verdict"]


def test_given_rows_count_for_the_model_that_they_fit(home: Path) -> None:
    (home / "rows.csv").write_text("a,b,c,d,e\n" + "0.1,0.2,0.3,0.4,0.5\n" * 20)
    command = [sys.executable, "-m", "matrix", "upgrade", "chain.joblib", "--data", "rows.csv"]
    command += ["--to", "scikit-learn==1.6.1", "--as-of", "release", "--output", "json:b.json"]
    subprocess.run(command, env=environ(), capture_output=True, check=False)
    found = json.loads(Path("b.json").read_text())
    rows = {
        answer["model"].partition(" → ")[2]: list(answer["rows"]) for answer in found["answers"]
    }
    assert rows["[2]"] == ["from rows.csv"]
    assert "from rows.csv" not in rows["[0]"]  # a ridge of three columns
    assert rows["[0] after [1] and [2]"][0] == "from rows.csv"


def test_a_file_without_a_model_says_so(answers: dict[str, Any]) -> None:
    assert answers["array"]["problem"] == "float64 (60, 5): no model in it"


def test_what_is_no_model_is_compared_as_data(answers: dict[str, Any]) -> None:
    for path in ("chain → the rest of the tuple", "clusters"):
        assert answers[path]["cell"]["verdict"] == "identical"
        assert answers[path]["rows"] == {}
