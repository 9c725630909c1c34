"""One command answers for a user's own models, on real releases."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .projects import environ, environment

TRAIN = """
import sys, joblib
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

X, y = load_iris(return_X_y=True)
D, t = load_diabetes(return_X_y=True)
for name, model in {
    "tree": DecisionTreeClassifier(random_state=0).fit(X, y),
    "linear": LinearRegression().fit(D, t),
    "ridge": make_pipeline(StandardScaler(), Ridge()).fit(D, t),
    "neighbours": KNeighborsClassifier().fit(X, y),
    "svc": SVC(random_state=0).fit(X, y),
    "encoder": OneHotEncoder().fit(X.round().astype(int)),
}.items():
    joblib.dump(model, sys.argv[1] + "/" + name + ".joblib")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("upgrade")


@pytest.fixture(scope="module")
def home(folder: Path) -> Iterator[Path]:
    here = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(here)


def train(home: Path, release: str) -> Path:
    """A folder of models, saved by a release."""
    found = environment(f"scikit-learn=={release}")
    assert found.info is not None
    models = home / f"models-{release}"
    models.mkdir(exist_ok=True)
    (home / "train.py").write_text(TRAIN)
    subprocess.run([found.info.executable, "train.py", models], check=True)
    return models


def upgrade(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run("upgrade", *arguments)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matrix", *map(str, arguments)],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )


def answers(*arguments: str | Path) -> dict[str, dict[str, Any]]:
    """By model's name, what JSON says of it, its cells by reader among it."""
    done = upgrade(*arguments, "--output", "json:answers.json")
    assert done.returncode in (0, 1, 3), done.stderr
    result = json.loads(Path("answers.json").read_text())
    found = {Path(answer["model"]).stem: answer for answer in result["answers"]}
    for answer in found.values():
        answer["cells"] = {
            cell["reader"]: cell for cell in result["cells"] if cell["pipeline"] == answer["model"]
        }
    return found


def test_a_model_is_answered_with_no_option_at_all(home: Path) -> None:
    models = train(home, "1.3.2")
    done = upgrade(models / "tree.joblib")
    assert done.returncode == 1, done.stderr
    said = " ".join(done.stdout.split())
    assert "safe only with scikit-learn 1.3.2, the version that saved it" in said
    assert "; fails in predict with 1.4.0" in said
    assert 'pin "scikit-learn>=1.3.2,<1.4"' in said
    assert "no longer probabilities" in said


@pytest.mark.nightly
def test_the_known_truths_come_out(home: Path) -> None:
    models = train(home, "1.3.2")
    found = answers(models, "--to", "scikit-learn==1.9.1", "--as-of", "release")
    verdict = {name: answer["cells"]["sklearn-1.9.1"] for name, answer in found.items()}
    assert verdict["tree"]["outputs"]["predict_proba"]["note"].startswith("no longer probabilities")
    assert verdict["tree"]["verdict"] == "scores-changed"
    assert verdict["neighbours"]["verdict"] in ("identical", "equivalent")
    assert found["neighbours"]["group"] == "loads"


@pytest.mark.nightly
def test_an_old_linear_regression_fails_for_lack_of_positive(home: Path) -> None:
    models = train(home, "0.23.2")
    found = answers(models / "linear.joblib", "--to", "scikit-learn==1.6.1", "--as-of", "release")
    cell = found["linear"]["cells"]["sklearn-1.6.1"]
    assert (cell["verdict"], cell["stage"]) == ("use-failed", "predict")
    assert "positive" in cell["exception"]["message"]


@pytest.mark.nightly
def test_a_gone_module_does_not_load(home: Path) -> None:
    models = train(home, "0.21.3")
    found = answers(models / "svc.joblib", "--to", "scikit-learn==1.2.2", "--as-of", "release")
    cell = found["svc"]["cells"]["sklearn-1.2.2"]
    assert cell["verdict"] == "load-failed"
    assert cell["exception"]["type"] == "ModuleNotFoundError"


@pytest.mark.nightly
def test_an_encoder_fails_in_transform(home: Path) -> None:
    models = train(home, "1.0.2")
    found = answers(models / "encoder.joblib", "--to", "scikit-learn==1.2.2", "--as-of", "release")
    cell = found["encoder"]["cells"]["sklearn-1.2.2"]
    assert (cell["verdict"], cell["stage"]) == ("use-failed", "transform")


def test_a_plain_script_sees_the_same(home: Path) -> None:
    """The reproducer is run in both environments; it needs nothing of this tool."""
    models = train(home, "1.3.2")
    to = ("--to", "scikit-learn==1.9.1", "--as-of", "release")
    assert upgrade(models / "tree.joblib", *to, "--reproduce", "shown").returncode == 1
    (shown,) = (home / "shown").iterdir()
    said = {}
    for release in ("1.3.2", "1.9.1"):
        info = environment(f"scikit-learn=={release}").info
        assert info is not None
        said[release] = subprocess.run(
            [info.executable, "show.py"], cwd=shown, capture_output=True, text=True, check=True
        ).stdout
    assert "scikit-learn 1.3.2" in said["1.3.2"]
    assert re.search(r"row \d+ \[1\. 0\. 0\.\]", said["1.3.2"])
    assert re.search(r"row \d+ \[50\.  0\.  0\.\]", said["1.9.1"])
    assert "scikit-learn==1.9.1" in (shown / "after.txt").read_text()


@pytest.mark.nightly
def test_packages_that_do_not_import_together_are_no_fault_of_the_model(home: Path) -> None:
    models = train(home, "1.3.2")
    target = ("--to", "scikit-learn==1.2.2", "--as-of", "today")
    done = upgrade(models / "ridge.joblib", *target)
    assert done.returncode == 3
    said = " ".join(done.stdout.split())
    assert "unknown with scikit-learn 1.2.2 (resolved today)" in said
    assert "scikit-learn 1.2.2 was made before numpy 2" in said
    assert 'require "numpy<2"' in said


def test_a_target_without_a_day_is_tried_as_of_its_release(home: Path) -> None:
    models = train(home, "1.3.2")
    done = upgrade(models / "ridge.joblib", "--to", "scikit-learn==1.2.2")
    assert done.returncode == 0, done.stdout
    said = " ".join(done.stdout.split())
    assert "safe with scikit-learn 1.2.2" in said
    assert "scikit-learn 1.2.2 cannot be imported with the packages of today (numpy 2" in said
    assert "tried as of its release: install it with numpy==1." in said


def test_own_rows_with_their_truth(home: Path) -> None:
    models = train(home, "1.3.2")
    rows = ["a,b,c,d,species", "5.1,3.5,1.4,0.2,0", "7.0,3.2,4.7,1.4,1", "6.3,3.3,6.0,2.5,2"]
    Path("iris.csv").write_text("\n".join(rows) + "\n")
    to = ("--to", "scikit-learn==1.9.1", "--as-of", "release", "--data", "iris.csv")
    found = answers(models / "tree.joblib", *to, "--target", "species")
    assert found["tree"]["rows"]["from iris.csv"] == 3
    assert len(found["tree"]["rows"]) > 1, "three rows notice too little: made ones are added"
    assert found["tree"]["scored_on"][0].startswith("scored on 3 rows with a true answer: ")
    forgot = upgrade(models / "tree.joblib", *to)
    assert forgot.returncode == 2
    assert "the data has 5 columns" in " ".join(forgot.stdout.split())
    assert "--target NAME" in forgot.stdout


def test_what_is_no_model_is_reported_and_the_others_are_answered(home: Path) -> None:
    models = train(home, "1.3.2")
    Path("page.pkl").write_text("<!DOCTYPE html><html></html>")
    Path("empty.pkl").write_text("")
    files = ("page.pkl", "empty.pkl", models / "neighbours.joblib", "not-there.pkl")
    to = ("--to", "scikit-learn==1.9.1", "--as-of", "release")
    done = upgrade(*files, *to)
    assert done.returncode == 3
    said = " ".join(done.stdout.split())
    for text in (
        "HTML",
        "empty.pkl is empty",
        "not-there.pkl does not exist",
        "safe with scikit-learn 1.9.1",
    ):
        assert text in said


@pytest.mark.nightly
def test_no_file_of_a_folder_is_dropped(home: Path) -> None:
    """The safe model alone would answer 0; the one that changes has no ending of a model."""
    models, mixed = train(home, "1.3.2"), home / "mixed"
    (mixed / ".git").mkdir(parents=True)
    (mixed / "safe.joblib").write_bytes((models / "neighbours.joblib").read_bytes())
    (mixed / "rows.csv").write_text("a,b\n1,2\n")
    to = ("--to", "scikit-learn==1.9.1", "--as-of", "release")
    assert upgrade(mixed, *to).returncode == 0
    (mixed / "changes.bin").write_bytes((models / "tree.joblib").read_bytes())
    done = upgrade(mixed, *to, "--output", "junit:mixed.xml")
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "≠ mixed/changes.bin" in said.replace(f"{home}/", "")
    for passed in ("CSV text", "rows.csv", "a hidden folder", ".git"):
        assert passed in said
        assert passed in Path("mixed.xml").read_text()
    (mixed / "changes.bin").unlink()
    (mixed / "net").write_bytes(b"\x08\x0a\x12\x08skl2onnx\x1a\x061.17.0")
    done = upgrade(mixed, *to, "--output", "junit:mixed.xml")
    assert done.returncode == 3
    assert 'errors="1"' in Path("mixed.xml").read_text()


@pytest.mark.nightly
def test_a_module_that_is_missing_is_named_with_what_to_do(home: Path) -> None:
    code = home / "our_code"
    code.mkdir()
    (code / "churn_lib.py").write_text(
        "from sklearn.linear_model import Ridge\nclass Ours(Ridge):\n    pass\n"
    )
    script = (
        "import sys, joblib; sys.path.insert(0, 'our_code'); import churn_lib;"
        "from sklearn.datasets import load_diabetes; from sklearn.pipeline import make_pipeline;"
        "model = make_pipeline(churn_lib.Ours()).fit(*load_diabetes(return_X_y=True));"
        "joblib.dump(model, 'ours.joblib')"
    )
    info = environment("scikit-learn==1.3.2").info
    assert info is not None
    subprocess.run([info.executable, "-c", script], check=True)
    to = ("--to", "scikit-learn==1.9.1", "--as-of", "release")
    refused = upgrade("ours.joblib", *to)
    assert refused.returncode == 3
    assert "--trust churn_lib.Ours" in " ".join(refused.stdout.split())
    trusted = (*to, "--trust", "churn_lib.Ours")
    without = upgrade("ours.joblib", *trusted)
    assert without.returncode == 3
    assert "churn_lib" in without.stdout
    assert "--path DIR" in without.stdout
    found = answers("ours.joblib", *trusted, "--path", "our_code")
    assert found["ours"]["cells"]["sklearn-1.9.1"]["verdict"] != "not-run"
    assert found["ours"]["problem"] == ""


def test_without_models_there_must_be_something_to_ask(home: Path) -> None:
    done = upgrade("--to", "1.5")
    assert done.returncode == 2
    assert "there is nothing to check" in done.stderr
    assert "upgrade --from scikit-learn==1.4.2 --to" in " ".join(done.stderr.split())


@pytest.mark.nightly
def test_rows_that_notice_too_little_are_weak_evidence_and_better_rows_are_added(
    home: Path,
) -> None:
    models = train(home, "1.8.0")
    # Whole numbers: made rows cannot be appended without another type of the user's rows.
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import numpy as np; np.save('few.npy', np.full((30, 4), 5)); "
            "np.save('numbers.npy', np.full((30, 4), 5.0))",
        ],
        check=True,
    )
    target = ("--to", "scikit-learn==1.9.1", "--as-of", "release")
    found = answers(models / "tree.joblib", *target, "--data", "few.npy")["tree"]
    assert found["cells"]["sklearn-1.9.1"]["verdict"] == "weak-evidence"
    assert found["cells"][found["origin"]]["verdict"] == "identical"
    assert found["group"] == "cannot tell"
    evidence = found["evidence"]
    assert evidence["by_source"] == {"data": 30}
    assert evidence["mutation_score"] < 0.5 < 10 <= evidence["live"] <= evidence["faults"]
    assert evidence["interval"][0] <= evidence["mutation_score"] <= evidence["interval"][1]
    assert evidence["leaves_reached"] < 0.2
    done = upgrade(models / "tree.joblib", *target, "--data", "few.npy")
    assert done.returncode == 3, done.stderr
    assert "small faults planted in the model" in " ".join(done.stdout.split())

    found = answers(models / "tree.joblib", *target, "--data", "numbers.npy")["tree"]
    assert found["cells"]["sklearn-1.9.1"]["verdict"] == "identical"
    assert found["evidence"]["mutation_score"] >= 0.9
    assert found["evidence"]["by_source"]["data"] == 30
    assert found["evidence"]["by_source"]["model"] >= 50


@pytest.mark.nightly
def test_the_last_answer_is_shown_explained_and_accepted_without_a_run(home: Path) -> None:
    models = train(home, "1.3.2")
    to = ("--to", "scikit-learn==1.9.1", "--as-of", "release")
    files = (models / "tree.joblib", models / "neighbours.joblib")
    first = upgrade(*files, *to)
    assert first.returncode == 1, first.stderr
    line = "Not safe to bump to scikit-learn 1.9.1: 1 of 2 models changes"
    assert line in " ".join(first.stdout.split())
    page = home / "again.html"
    again = run("report", "--output", f"html:{page}")
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert line in page.read_text("utf-8")
    explained = run("explain", files[0], "1.9.1")
    assert "no longer probabilities" in explained.stdout
    assert "tree-values-1.4" in explained.stdout
    assert run("baseline", "update", "--baseline", "models.toml").returncode == 0
    assert upgrade(*files, *to, "--baseline", "models.toml").returncode == 0
    text = Path("models.toml").read_text("utf-8")
    Path("models.toml").write_text(text[: text.index("known = [")] + "known = [\n]\n")
    assert upgrade(*files, *to, "--baseline", "models.toml").returncode == 1
