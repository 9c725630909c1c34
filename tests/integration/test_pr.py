"""``pr`` answers a bump of a real lock as a plain script that loads the files by hand does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from matrix.environments.uv import find_uv
from tests.locks.repositories import commit, git, new_repository
from tests.locks.toy_projects import KINDS, PINS

from .projects import environ, environment

PROJECT = """\
[project]
name = "churn"
version = "0.1"
requires-python = ">=3.11"
dependencies = ["scikit-learn=={release}", "numpy==1.26.4", "scipy==1.11.4", "joblib==1.3.2"]

[tool.uv]
package = false

[tool.matrix]
models = ["models/*.joblib"]
"""
TRAIN = """
import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True)
joblib.dump(DecisionTreeClassifier(random_state=0).fit(X, y), "models/tree.joblib")
joblib.dump(LogisticRegression(max_iter=500).fit(X, y), "models/logistic.joblib")
"""
BY_HAND = """
import joblib, sys
from sklearn.datasets import load_iris
try:
    joblib.load(sys.argv[1]).predict(load_iris().data)
except AttributeError as error:
    print(error)
else:
    print("predicts")
"""


def locked(folder: Path, release: str) -> dict[str, str]:
    """The files of a project at a release, with the lock that uv writes."""
    text = PROJECT.format(release=release)
    (folder / "pyproject.toml").write_text(text)
    subprocess.run([find_uv(), "lock", "--quiet"], cwd=folder, check=True, env=environ())
    lock = (folder / "uv.lock").read_text("utf-8")
    return {"pyproject.toml": text, "uv.lock": lock, ".python-version": "3.11\n"}


def run(folder: Path, python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *arguments], cwd=folder, env=environ(), capture_output=True, text=True, check=False
    )


@pytest.mark.nightly
def test_a_bump_of_a_uv_lock_is_answered_as_by_hand(tmp_path: Path) -> None:
    """In scikit-learn 1.4 trees of 1.3 lack an attribute, and logistic regressions do not."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    folder = new_repository(tmp_path / "r", locked(scratch, "1.3.2"))
    old = environment(str(folder / "uv.lock")).info
    assert old is not None
    (folder / "models").mkdir()
    assert run(folder, str(old.executable), "-c", TRAIN).returncode == 0
    commit(folder, {})
    git(folder, "switch", "--quiet", "--create", "bump")
    commit(folder, locked(scratch, "1.4.2"))
    new = environment(str(folder / "uv.lock")).info
    assert new is not None

    done = run(folder, sys.executable, "-m", "matrix", "pr", "--output", "json:answers.json")
    result = json.loads((folder / "answers.json").read_text("utf-8"))
    verdicts = {
        Path(cell["pipeline"]).stem: cell["verdict"]
        for cell in result["cells"]
        if cell["writer"] != cell["reader"]
    }
    by_hand = {
        name: run(folder, str(new.executable), "-c", BY_HAND, f"models/{name}.joblib").stdout
        for name in ("tree", "logistic")
    }
    assert "monotonic_cst" in by_hand["tree"]
    assert by_hand["logistic"] == "predicts\n"
    assert verdicts == {"tree": "use-failed", "logistic": "identical"}
    assert done.returncode == 1
    assert "uv.lock: scikit-learn 1.3.2 → 1.4.2" in done.stdout

    git(folder, "switch", "--quiet", "main")
    git(folder, "switch", "--quiet", "--create", "docs")
    commit(folder, {"README.md": "x"})
    assert run(folder, sys.executable, "-m", "matrix", "pr").returncode == 0


# ------------------------------------------------------------------------ each kind of lock

OLD, NEW = "1.3.2", "1.4.2"
CONFIGURATION = "[tool.matrix]\nmodels = ['models/*.joblib']\n"


def python_with(release: str) -> str:
    pins = [f"{name}=={version}" for name, version in PINS.items()]
    info = environment(f"scikit-learn=={release}", *pins, "python==3.11", common=()).info
    assert info is not None
    return str(info.executable)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models of the old release, and what they give by hand in the new one."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "models").mkdir()
    assert run(folder, python_with(OLD), "-c", TRAIN).returncode == 0
    new = python_with(NEW)
    by_hand = {
        name: run(folder, new, "-c", BY_HAND, f"models/{name}.joblib").stdout
        for name in ("tree", "logistic")
    }
    assert "monotonic_cst" in by_hand["tree"]
    assert by_hand["logistic"] == "predicts\n"
    return folder / "models"


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_a_bump_of_each_kind_of_lock_is_answered_as_by_hand(
    kind: str, saved: Path, tmp_path: Path
) -> None:
    """Also where the lock has a package that no registry has."""

    def project(release: str) -> dict[str, str]:
        files = KINDS[kind](release)
        return {**files, "pyproject.toml": files.get("pyproject.toml", "") + CONFIGURATION}

    folder = new_repository(tmp_path / "r", project(OLD))
    shutil.copytree(saved, folder / "models")
    commit(folder, {})
    git(folder, "switch", "--quiet", "--create", "bump")
    commit(folder, project(NEW))
    done = run(folder, sys.executable, "-m", "matrix", "pr", "--output", "json:answers.json")
    result = json.loads((folder / "answers.json").read_text("utf-8"))
    verdicts = {
        Path(cell["pipeline"]).stem: cell["verdict"]
        for cell in result["cells"]
        if cell["writer"] != cell["reader"]
    }
    assert verdicts == {"tree": "use-failed", "logistic": "identical"}, done.stdout
    assert done.returncode == 1
