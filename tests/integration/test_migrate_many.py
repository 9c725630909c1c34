"""A folder of models, a script of a conversion and a rollback, seen again by plain scripts."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .projects import environment, interpreter
from .test_migrate import migrate, python

TRAIN = """
import sys, joblib
from pathlib import Path
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.ensemble import AdaBoostClassifier, GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

X, y = load_iris(return_X_y=True)
folder = Path(sys.argv[1])
(folder / "eu").mkdir(parents=True)
for name, model in {
    "eu/tree": DecisionTreeClassifier(max_depth=3, random_state=0),
    "boosting": GradientBoostingClassifier(n_estimators=4, random_state=0),
    "scaler": StandardScaler(),
}.items():
    joblib.dump(model.fit(X, y), folder / (name + ".joblib"))
texts = ["good food and wine", "bad food", "nice wine", "slow bad service"]
text = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
joblib.dump(text, folder / "text.joblib")
pair = AdaBoostClassifier(n_estimators=4, random_state=0)
joblib.dump(pair.fit(X, y), folder / "ada.joblib")
(folder / "notes.txt").write_text("not a model")
"""

SHOW = """
import sys, joblib
from sklearn.base import clone
from sklearn.datasets import load_iris
model = joblib.load(sys.argv[1])
repr(model), clone(model)
X = load_iris().data[::3] * 1.01
if "tfidfvectorizer" in getattr(model, "named_steps", ()):
    X = ["good wine", "bad service and food", "unknown"]
for method in sys.argv[2:]:
    print(method, getattr(model, method)(X).round(9).tolist())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("many"))
    Path("train.py").write_text(TRAIN)
    Path("show.py").write_text(SHOW)
    python(environment("scikit-learn==1.3.2"), "train.py", "models")
    yield Path()
    os.chdir(here)


def manifest(folder: str) -> dict[str, dict[str, object]]:
    told = json.loads(Path(folder, "manifest.json").read_text())
    assert told["complete"]
    return {Path(one["source"]).stem: one for one in told["models"]}


@pytest.mark.nightly
def test_a_folder_is_converted_beside_and_only_what_changed_is_done_again(home: Path) -> None:
    """1.4 made shares of the counts in trees; SAMME.R is gone in 1.6, and nothing replaces it."""
    to = ("--to", "scikit-learn==1.6.1", "--copy-safe")
    code, said = migrate("models", *to, "--dry-run")
    assert (code, list(Path().glob("models.*"))) == (0, [])
    assert "eu/tree.joblib: would be converted" in said

    code, said = migrate("models", *to)
    assert code == 1, said
    found = manifest("models.sklearn-1.6.1")
    outcomes = {name: one["outcome"] for name, one in found.items()}
    assert outcomes == {
        "tree": "converted",
        "boosting": "converted",
        "text": "converted",
        "scaler": "copied",
        "ada": "not converted",
    }
    for name, methods in (("eu/tree", ["predict", "predict_proba"]), ("boosting", ["apply"])):
        new = Path("models.sklearn-1.6.1", f"{name}.joblib")
        before = python(
            environment("scikit-learn==1.3.2"), "show.py", f"models/{name}.joblib", *methods
        )
        assert python(environment("scikit-learn==1.6.1"), "show.py", new, *methods) == before
    again = Path("models.sklearn-1.6.1", str(found["ada"]["script"]))
    assert "n_estimators=4" in python(environment("scikit-learn==1.6.1"), again)

    (Path("models.sklearn-1.6.1") / "boosting.joblib").write_bytes(b"damaged")
    code, said = migrate("models", *to)
    assert code == 1
    assert "4 files unchanged since an earlier run" in said
    assert "boosting.joblib exists already" in said, "it is no longer what was written"


def shown(release: str, file: str, *methods: str) -> str:
    return python(environment(f"scikit-learn=={release}"), "show.py", file, *methods)


def run_script(release: str, script: str, source: str, target: str) -> None:
    """Run a script in an environment of a release, where this package is not on any path."""
    bare = {"PATH": os.environ["PATH"], "HOME": str(Path.cwd())}
    command = [interpreter(f"scikit-learn=={release}"), "-I", script, "1", source, target]
    subprocess.run(command, check=True, env=bare)


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["boosting", "text"])
def test_a_script_converts_in_a_plain_environment(home: Path, name: str) -> None:
    method = "predict_proba"
    source, new = f"models/{name}.joblib", f"{name}-new.joblib"
    before = shown("1.3.2", source, method)
    options = ("--output", new, "--script", f"{name}.py")
    code, said = migrate(source, "--to", "scikit-learn==1.6.1", *options)
    assert code == 0, said
    run_script("1.6.1", f"{name}.py", source, f"{name}-script.joblib")
    assert shown("1.6.1", f"{name}-script.joblib", method) == before
    assert shown("1.6.1", new, method) == before


@pytest.mark.nightly
def test_a_rollback_is_converted_in_the_same_way(home: Path) -> None:
    """1.5 keeps the weights of words in another form; the older release gets its own form back."""
    python(environment("scikit-learn==1.6.1"), "train.py", "newer")
    source = "newer/text.joblib"
    before = shown("1.6.1", source, "predict_proba")
    options = ("--output", "older.joblib", "--script", "back.py")
    code, said = migrate(source, "--to", "scikit-learn==1.3.2", *options)
    assert code == 0, said
    assert shown("1.3.2", "older.joblib", "predict_proba") == before
    run_script("1.3.2", "back.py", source, "older-script.joblib")
    assert shown("1.3.2", "older-script.joblib", "predict_proba") == before


@pytest.mark.nightly
def test_for_two_methods_only_these_are_compared_and_named(home: Path) -> None:
    to = ("--to", "scikit-learn==1.6.1", "--output", "t.joblib", "--methods", "predict,apply")
    code, said = migrate("models/eu/tree.joblib", *to)
    assert code == 0, said
    assert "predict and apply give in 1.6.1 what the original gave before" in said
    assert "every method" not in said
    told = json.loads(Path("t.joblib.provenance.json").read_text())
    assert told["only_methods"] == ["predict", "apply"]
    assert told["compared"] == {"predict": "identical", "apply": "identical"}
