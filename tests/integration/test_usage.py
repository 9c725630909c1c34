"""A project of one's own: pipelines that are dropped in, good ones and bad ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .projects import CONFIGURATION, ROOT, environ

GOOD = """
from compat_matrix import Data, pipeline


class Doubled:
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X * 2


def numbers():
    from sklearn.datasets import load_iris
    return Data(*load_iris(return_X_y=True))


@pipeline(data=numbers, tags=["ours"])
def our_model():
    "Ours, with a class of our own."
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    return make_pipeline(Doubled(), LogisticRegression(max_iter=500))
"""


def run(project: Path, configuration: str, *more: str) -> subprocess.CompletedProcess[str]:
    (project / "own.toml").write_text(configuration)
    command = [sys.executable, "-m", "matrix", "run", "--config", "own.toml", *more]
    return subprocess.run(
        command, cwd=project, env=environ(), capture_output=True, text=True, check=False
    )


def own(project: Path, text: str) -> str:
    """A configuration whose pipelines are those of one file."""
    folder = project / "pipelines_of_ours"
    folder.mkdir(exist_ok=True)
    (folder / "churn.py").write_text(text)
    return CONFIGURATION.replace(f"{ROOT.as_posix()}/fixtures", "pipelines_of_ours")


def test_a_pipeline_is_a_file_in_a_folder(project: Path) -> None:
    done = run(project, own(project, GOOD), "--output", "json:own.json")
    assert done.returncode == 0, done.stderr
    cells = json.loads((project / "own.json").read_text())["cells"]
    assert {cell["pipeline"] for cell in cells} == {"our_model"}
    diagonal = [cell["verdict"] for cell in cells if cell["writer"] == cell["reader"]]
    assert diagonal == ["identical", "identical"]


def test_a_file_that_imports_nowhere_is_a_mistake(project: Path) -> None:
    done = run(project, own(project, "import no_such_module\n" + GOOD))
    assert done.returncode == 2
    assert "churn.py" in done.stderr
    assert "No module named 'no_such_module'" in done.stderr
    assert "cells" not in done.stdout


def test_a_gate_fails_on_the_given_verdicts(project: Path) -> None:
    configuration = own(project, GOOD)
    assert run(project, configuration, "--fail-on", "changes").returncode == 0
    failing = run(project, configuration, "--fail-on", "identical")
    assert failing.returncode == 1


def test_a_pipeline_file_is_never_imported_by_us(project: Path) -> None:
    """The mark would be left by an import in our own process; a mistake ends the run before."""
    mark = project / "mark"
    text = f"open({str(mark)!r}, 'w')\n" + GOOD.replace('tags=["ours"]', "tags=list('ab')")
    done = run(project, own(project, text))
    assert done.returncode == 2
    assert not mark.exists()
