"""Migrations between real releases, seen again by a plain script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.model import Environment

from .projects import environ, environment

TRAIN = """
import sys, joblib
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

TEXTS = ["good food and wine", "bad food", "nice place good wine", "slow bad service"] * 5
X, y = load_iris(return_X_y=True)
for name, model in {
    "scaler": StandardScaler().fit(X),
    "ridge": make_pipeline(StandardScaler(), Ridge()).fit(X, y),
    "tree": DecisionTreeClassifier(random_state=0).fit(X, y),
}.items():
    joblib.dump(model, sys.argv[1] + "/" + name + ".joblib")
text = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, [1, 0, 1, 0] * 5)
joblib.dump(text, sys.argv[1] + "/text.joblib")
iris = [LogisticRegression().fit(X, y)]
bundle = {"text": text, "iris": iris, "threshold": 0.4, "mean": X.mean(0)}
joblib.dump(bundle, sys.argv[1] + "/bundle.joblib")
"""

SHOW = """
import sys, joblib
from sklearn.datasets import load_iris
model = joblib.load(sys.argv[1])
print(repr(model)[:0], getattr(model, sys.argv[2])(load_iris().data).tolist())
"""


READ = """
import sys, joblib
model = joblib.load(sys.argv[1])
found = model.predict_proba(["good food", "bad wine and service", "slow place", "unknown"])
print(found.round(9).tolist())
"""


READ_BUNDLE = """
import sys, joblib
from sklearn.datasets import load_iris
held = joblib.load(sys.argv[1])
print(held["text"].predict_proba(["good food", "bad wine and service"]).round(9).tolist())
print(held["iris"][0].predict_proba(load_iris().data).round(9).tolist())
print(sorted(held), len(held["iris"]), held["threshold"], held["mean"].tolist())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("migrate"))
    Path("train.py").write_text(TRAIN)
    Path("show.py").write_text(SHOW)
    Path("read.py").write_text(READ)
    Path("read_bundle.py").write_text(READ_BUNDLE)
    yield Path()
    os.chdir(here)


def train(*requirements: str) -> Path:
    """A folder of models, saved in an environment."""
    found = environment(*requirements)
    models = Path("-".join(requirements).replace("=", "").replace(">", ""))
    if not models.exists():
        models.mkdir()
        python(found, "train.py", models)
    return models


def python(where: Environment, *arguments: str | Path) -> str:
    assert where.info is not None
    command = [where.info.executable, "-W", "ignore", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def migrate(*arguments: str | Path) -> tuple[int, str]:
    """The exit code of the command, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "matrix", "migrate", *map(str, arguments), "--as-of", "release"],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.nightly
def test_a_model_that_a_bridge_saves(home: Path) -> None:
    """0.22 renamed all modules, and could read the old names up to 0.23."""
    models = train("scikit-learn==0.21.3")
    target = environment("scikit-learn==1.2.2")
    way = ("--via", "0.22.2.post1")
    code, said = migrate(models / "scaler.joblib", "--to", "scikit-learn==1.2.2", *way)
    assert code == 0, said
    written = models / "scaler.sklearn-1.2.2.joblib"
    with pytest.raises(subprocess.CalledProcessError):
        python(target, "show.py", models / "scaler.joblib", "transform")
    before = python(
        environment("scikit-learn==0.21.3"), "show.py", models / "scaler.joblib", "transform"
    )
    assert python(target, "show.py", written, "transform") == before
    told = json.loads((models / "scaler.sklearn-1.2.2.joblib.provenance.json").read_text())
    (step,) = told["steps"]
    assert step["environment"]["packages"]["scikit-learn"] == "0.22.2.post1"
    assert told["compared"]["transform"] == "identical"
    assert told["way"] == "save again on the way"

    # Without a way that is named, the names are converted in the target, which takes seconds.
    code, said = migrate(models / "scaler.joblib", "--to", "scikit-learn==1.2.2", "--force")
    assert code == 0, said
    assert python(target, "show.py", written, "transform") == before
    told = json.loads((models / "scaler.sklearn-1.2.2.joblib.provenance.json").read_text())
    assert told["way"] == "convert the fitted state"

    again, said = migrate(models / "scaler.joblib", "--to", "scikit-learn==1.2.2")
    assert again == 2
    assert "exists already" in said

    # Somebody else's way is held to the same: 1.0 cannot even load it.
    wrong = ("--via", "1.0.2", "--output", "other.joblib")
    code, said = migrate(models / "scaler.joblib", "--to", "scikit-learn==1.2.2", *wrong)
    assert code == 1
    assert "there it is load-failed" in said
    assert not Path("other.joblib").exists()


def test_a_model_that_lacks_a_parameter(home: Path) -> None:
    models = train("scikit-learn==1.3.2")
    target = environment("scikit-learn==1.6.1")
    code, said = migrate(models / "ridge.joblib", "--to", "scikit-learn==1.6.1")
    assert (code, "no migration needed" in said) == (0, True), "it predicts the same there"
    code, said = migrate(models / "ridge.joblib", "--to", "scikit-learn==1.6.1", "--introspection")
    assert code == 0, said
    assert "transform_input=None" in said
    with pytest.raises(subprocess.CalledProcessError):
        python(target, "show.py", models / "ridge.joblib", "predict")
    before = python(
        environment("scikit-learn==1.3.2"), "show.py", models / "ridge.joblib", "predict"
    )
    written = models / "ridge.sklearn-1.6.1.joblib"
    assert python(target, "show.py", written, "predict") == before
    code, said = migrate(written, "--to", "scikit-learn==1.6.1", "--from", "scikit-learn==1.6.1")
    assert code == 0
    assert "no migration needed" in said


@pytest.mark.nightly
def test_a_model_that_changes_without_a_word_is_given_what_it_has_under_another_name(
    home: Path,
) -> None:
    """1.5 looks for the weights of words as ``idf_``, and goes on without: the file has them."""
    models = train("scikit-learn==1.3.2")
    target = environment("scikit-learn==1.6.1")
    before = python(environment("scikit-learn==1.3.2"), "read.py", models / "text.joblib")
    assert python(target, "read.py", models / "text.joblib") != before
    code, said = migrate(models / "text.joblib", "--to", "scikit-learn==1.6.1")
    assert code == 0, said
    assert python(target, "read.py", models / "text.sklearn-1.6.1.joblib") == before


@pytest.mark.nightly
def test_a_whole_dictionary_is_written_again_and_all_in_it_is_the_same(home: Path) -> None:
    models = train("scikit-learn==1.3.2")
    target = environment("scikit-learn==1.6.1")
    bundle = models / "bundle.joblib"
    before = python(environment("scikit-learn==1.3.2"), "read_bundle.py", bundle)
    assert python(target, "read_bundle.py", bundle) != before
    code, said = migrate(bundle, "--to", "scikit-learn==1.6.1")
    assert code == 0, said
    assert '["text"]: every method compared on' in said
    assert "the rest of the dict: compared without rows: identical" in said
    written = models / "bundle.sklearn-1.6.1.joblib"
    assert python(target, "read_bundle.py", written) == before
    told = json.loads((models / "bundle.sklearn-1.6.1.joblib.provenance.json").read_text())
    parts = {one["part"]: one["verdict"] for one in told["parts"]}
    assert set(parts) == {'["text"]', '["iris"][0]', "the rest of the dict"}
    assert set(parts.values()) <= {"identical", "equivalent"}


def test_an_upgrade_check_says_why(home: Path) -> None:
    """In the terminal and in every report, for whoever asks for it."""
    command = [
        sys.executable,
        "-m",
        "matrix",
        "upgrade",
        train("scikit-learn==1.3.2") / "text.joblib",
    ]
    command += ["--to", "scikit-learn==1.6.1", "--as-of", "release", "--why"]
    command += ["--output", "json:why.json"]
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "looks for `idf_`, which the file lacks" in " ".join(done.stdout.split())
    (story,) = json.loads(Path("why.json").read_text())["stories"]
    points = {point["heading"]: point["lines"] for point in story["points"]}
    assert points["Where"][0].startswith("tfidfvectorizer → _tfidf → TfidfTransformer.transform: ")
    assert any("tfidf-idf-1.5" in line for line in points["Why"])


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("origin", "target"), [("1.2.2", "1.3.2"), ("1.2.2", "1.9.1"), ("1.9.1", "1.2.2")]
)
def test_a_tree_is_given_the_nodes_of_the_target(home: Path, origin: str, target: str) -> None:
    """1.3 gave the nodes of trees another layout; both directions are seen by a plain script."""
    models = train(f"scikit-learn=={origin}")
    before = python(
        environment(f"scikit-learn=={origin}"), "show.py", models / "tree.joblib", "predict_proba"
    )
    there = environment(f"scikit-learn=={target}")
    with pytest.raises(subprocess.CalledProcessError):
        python(there, "show.py", models / "tree.joblib", "predict_proba")
    code, said = migrate(models / "tree.joblib", "--to", f"scikit-learn=={target}")
    assert code == 0, said
    assert "the nodes of trees have the new layout" in said
    written = models / f"tree.sklearn-{target}.joblib"
    assert python(there, "show.py", written, "predict_proba") == before


ARMED = """
import os
import sklearn
from sklearn.linear_model import Ridge

class Harmless(Ridge):
    def __getstate__(self):
        state = dict(super().__getstate__())
        if sklearn.__version__.startswith("1.5"):
            state["later"] = Exploit()
        return state

class Exploit:
    def __reduce__(self):
        return os.system, ("touch owned",)
"""


def test_what_is_saved_again_is_looked_into_before_it_is_loaded(home: Path) -> None:
    """It was written where the model's own code runs, which may write what it likes."""
    Path("code").mkdir()
    Path("code/ours.py").write_text(ARMED)
    script = (
        "import sys, joblib; sys.path.insert(0, 'code'); import ours;"
        "from sklearn.datasets import load_iris; from sklearn.pipeline import make_pipeline;"
        "joblib.dump(make_pipeline(ours.Harmless()).fit(*load_iris(return_X_y=True)), 'h.joblib')"
    )
    python(environment("scikit-learn==1.3.2"), "-c", script)
    ours = ("--trust", "ours.Harmless", "--path", "code", "--via", "1.5.2", "--introspection")
    code, said = migrate("h.joblib", "--to", "scikit-learn==1.6.1", *ours)
    assert code == 1, said
    assert "the saved file is refused, and not loaded" in said
    assert "system" in said
    assert not list(Path().rglob("owned"))
    assert not list(Path().glob("h.*.joblib"))
