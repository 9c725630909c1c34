"""Nothing is done twice, and nothing that has changed is taken from before."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .projects import environ

PIPELINES = """
from compat_matrix import Data, pipeline


def numbers():
    from sklearn.datasets import load_iris
    return Data(*load_iris(return_X_y=True))


@pipeline(data=numbers)
def ridge():
    from sklearn.linear_model import RidgeClassifier
    return RidgeClassifier(alpha=1.0)


@pipeline(data=numbers)
def tree():
    from sklearn.tree import DecisionTreeClassifier
    return DecisionTreeClassifier(random_state=0)
"""

CONFIGURATION = """
pipelines = ["models"]
download-python = "never"
[sets.default]
scikit-learn = {releases}
"""

Cells = dict[tuple[str, str, str], dict[str, Any]]
"""By pipeline, writer and reader."""


@dataclass(frozen=True)
class Project:
    folder: Path

    def configure(self, *releases: str, pipelines: str = PIPELINES) -> None:
        text = CONFIGURATION.format(releases=json.dumps(releases))
        (self.folder / "matrix.toml").write_text(text)
        (self.folder / "models" / "ours.py").write_text(pipelines)

    def ask(self, command: str, *more: str, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "matrix", command, "--config", "matrix.toml", *more],
            cwd=self.folder,
            env={**environ(), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, **variables: str) -> Cells:
        self.ask("run", "--output", "json:result.json", **variables)
        cells = json.loads((self.folder / "result.json").read_text())["cells"]
        return {(cell["pipeline"], cell["writer"], cell["reader"]): cell for cell in cells}

    def evidence(self) -> dict[str, Any]:
        """How much the rows of each pipeline notice, by the last result."""
        found: dict[str, Any] = json.loads((self.folder / "result.json").read_text())["evidence"]
        return found

    def planned(self) -> tuple[int, int]:
        """How many saves and loads a run would do."""
        said = " ".join(self.ask("plan").split())
        if "would do nothing" in said:
            return 0, 0
        found = re.search(r"do ([\d,]+) saves and ([\d,]+) loads", said)
        assert found is not None, said
        saves, loads = (int(number.replace(",", "")) for number in found.groups())
        return saves, loads


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("incremental")
    (folder / "models").mkdir()
    project = Project(folder)
    project.configure("1.3", "1.5")
    project.run()
    return project


@pytest.fixture
def project(ran: Project) -> Project:
    """With two environments and two pipelines, all done."""
    ran.configure("1.3", "1.5")
    ran.run()
    return ran


def done_anew(cells: Cells, which: Callable[[str, str, str], bool]) -> None:
    """Those cells were observed in this run, and no others."""
    assert {place for place, cell in cells.items() if not cell["cached"]} == {
        place for place in cells if which(*place)
    }


def test_an_unchanged_run_does_nothing(project: Project) -> None:
    assert project.planned() == (0, 0)
    done_anew(project.run(), lambda *_: False)


def test_a_new_environment_costs_its_row_and_its_column(project: Project) -> None:
    project.configure("1.3", "1.5", "1.4")
    saves, loads = project.planned()
    cells = project.run()
    done_anew(cells, lambda _, writer, reader: "sklearn-1.4" in (writer, reader))
    # 2N - 1 cells for each of two pipelines; and the two saves of the new one.
    assert (saves, loads) == (2, 2 * (2 * 3 - 1))
    assert sum(not cell["cached"] for cell in cells.values()) == loads
    assert project.planned() == (0, 0)


def test_a_changed_pipeline_costs_that_pipeline(project: Project) -> None:
    project.configure("1.3", "1.5", pipelines=PIPELINES.replace("alpha=1.0", "alpha=2.0"))
    assert project.planned()[0] == 2
    done_anew(project.run(), lambda pipeline, *_: pipeline == "ridge")


def test_a_comment_costs_nothing(project: Project) -> None:
    project.configure("1.3", "1.5", pipelines="# A comment.\n" + PIPELINES)
    assert project.planned() == (0, 0)
    done_anew(project.run(), lambda *_: False)


@pytest.mark.nightly
def test_an_environment_that_is_no_longer_requested_costs_nothing(project: Project) -> None:
    project.configure("1.5")
    assert project.planned() == (0, 0)
    done_anew(project.run(), lambda *_: False)


@pytest.mark.nightly
def test_a_new_latest_is_seen(project: Project) -> None:
    """The registry is asked as of a day on which 1.4 was the newest, and then as of today."""
    project.configure("1.3", "latest")
    before = project.run(UV_EXCLUDE_NEWER="2024-03-01T00:00:00Z")
    assert {reader for _, _, reader in before} == {"sklearn-1.3", "sklearn-1.4"}
    after = project.run(UV_EXCLUDE_NEWER="2024-11-01T00:00:00Z")
    assert {reader for _, _, reader in after} == {"sklearn-1.3", "sklearn-1.4", "sklearn-1.5"}
    assert after["ridge", "sklearn-1.3", "sklearn-1.3"]["cached"]


def test_a_plan_writes_nothing_and_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    envs = tmp_path / "envs"
    monkeypatch.setenv("COMPAT_MATRIX_ENVS", str(envs))
    (tmp_path / "models").mkdir()
    project = Project(tmp_path)
    project.configure("1.3", "1.5")
    said = project.ask("plan")
    assert "build 2 environments and do 4 saves and 8 loads" in " ".join(said.split())
    assert not (envs / "environments").exists()


HIDDEN = """

def nothing():
    import numpy as np
    X, y = np.random.RandomState(0).normal(size=(60, 4)), np.arange(60.0)
    return Data(X, y, rows=np.zeros((8, 4)))


@pipeline(data=nothing)
def hidden():
    from sklearn.linear_model import Ridge
    return Ridge()
"""


def test_rows_that_would_notice_nothing_make_weak_evidence(project: Project) -> None:
    project.configure("1.3", "1.5", pipelines=PIPELINES + HIDDEN)
    cells = project.run()
    verdicts = {place[1:]: cell["verdict"] for place, cell in cells.items() if place[0] == "hidden"}
    assert verdicts["sklearn-1.3", "sklearn-1.5"] == "weak-evidence"
    assert verdicts["sklearn-1.5", "sklearn-1.3"] == "weak-evidence"
    assert verdicts["sklearn-1.5", "sklearn-1.5"] == "identical"  # there is no change to notice
    evidence = project.evidence()
    assert evidence["hidden"]["constant"]
    assert evidence["hidden"]["mutation_score"] < 0.5
    assert evidence["tree"]["mutation_score"] >= 0.9
    assert set(evidence["tree"]["by_source"]) == {"declared", "model"}
    done_anew(project.run(), lambda *_: False)
    assert project.evidence() == evidence
