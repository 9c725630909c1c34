"""Every command of the workflow runs, in the order of the jobs, in a project; and the action does.

Steps that only call an action of others have no command. Installing the package is shown with a
built wheel, in ``test_elsewhere.py``; here it is there already.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("check_jsonschema")
if sys.platform == "win32":
    pytest.skip("the workflow runs on Linux", allow_module_level=True)
from ruamel.yaml import YAML

from matrix.report import FORMATS

from .projects import ROOT, environ

ELSEWHERE = ("python -m pip install .",)
"""Shown in ``test_elsewhere.py``."""
PYTHON = f"""#!/bin/sh
exec {shlex.quote(sys.executable)} "$@"
"""
WITHOUT_ISOLATION = f"""#!/bin/sh
if [ "$1" = -I ]; then shift; fi
exec {shlex.quote(sys.executable)} "$@"
"""
"""``-I`` ignores PYTHONPATH; tests/test_workflows.py sees that the action has it."""
COMPAT_MATRIX = f"""#!/bin/sh
exec {shlex.quote(str(Path(sys.executable).with_name("compat-matrix")))} "$@"
"""
GH = """#!/bin/sh
echo "$*" >> gh.txt
case "$*" in *"issue list"*) cat number.txt ;; esac
"""


class Machine:
    """Runs steps as a machine of GitHub does, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        programs = folder / "programs"
        programs.mkdir()
        for name, text in {
            "gh": GH,
            "python": PYTHON,
            "compat-matrix": COMPAT_MATRIX,
        }.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        (folder / "number.txt").write_text("")
        shutil.copytree(ROOT / ".github", folder / ".github")
        self.environ = environ() | {
            "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
            "GITHUB_OUTPUT": str(folder / "output.txt"),
            "GITHUB_STEP_SUMMARY": str(folder / "step-summary.md"),
        }

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        for name in ("markdown", "html"):
            if name not in FORMATS:
                script = without_output(script, name)
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env={**self.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output.txt").read_text().splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}


def without_output(script: str, name: str) -> str:
    words = script.split(" ")
    kept: list[str] = []
    for word in words:
        if word.startswith(f"{name}:") and kept[-1] == "--output":
            kept.pop()
            kept += word.split("\n", 1)[1:]
        else:
            kept.append(word)
    return " ".join(kept)


def load(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text("utf-8"))


def commands(steps: list[Any]) -> list[str]:
    found = [step["run"] for step in steps if "run" in step]
    return [script for script in found if script not in ELSEWHERE]


CONFIGURATION = """
[tool.matrix]
pipelines = ["models"]
state = "{state}"
requirements = ["pandas"]
download-python = "never"
[tool.matrix.sets.default]
scikit-learn = ["1.3", "1.5"]
[tool.matrix.sets.next]
scikit-learn = ["1.3", "1.5"]
"""


@pytest.fixture
def machine(project: Path, tmp_path: Path) -> Machine:
    """With a few real pipelines, and state as if it came from the cache."""
    folder = tmp_path / "checkout"
    models = folder / "models"
    models.mkdir(parents=True)
    for name in ("trees.py", "reference_data.py"):
        shutil.copy(ROOT / "fixtures" / name, models)
    shutil.copytree(ROOT / "fixtures" / "data", models / "data")
    state = (project / ".matrix").as_posix()
    (folder / "pyproject.toml").write_text(CONFIGURATION.format(state=state))
    return Machine(folder)


@pytest.mark.nightly
def test_the_weekly_run(machine: Machine) -> None:
    jobs = load(".github/workflows/matrix.yml")["jobs"]
    ran: list[str] = []

    def run(script: str, **variables: str) -> int:
        ran.append(script)
        done = machine.run(script, **variables)
        assert done.returncode in (0, 1), f"{script}\n{done.stderr}"
        return done.returncode

    (plan,) = commands(jobs["plan"]["steps"])
    assert run(plan) == 0
    groups = json.loads(machine.outputs()["plan"])["groups"]
    assert groups
    (shard,) = commands(jobs["shard"]["steps"])
    for number, group in enumerate(groups):
        assert run(shard, SHARD=group["shard"]) == 0
        folder = machine.folder / "shards" / f"shard-{number}"
        folder.mkdir(parents=True)
        (machine.folder / "shard.json").rename(folder / "shard.json")

    merge, summary, findings, end = commands(jobs["merge"]["steps"])
    (machine.folder / "compat-baseline.toml").write_text("schema = 1\n")
    assert run(merge) == 0
    assert machine.outputs()["code"] == "1"  # nothing is known, so all that is not safe is new
    if "markdown" not in FORMATS:
        (machine.folder / "summary.md").write_text("new\n")
    assert run(summary) == 0
    assert (machine.folder / "step-summary.md").read_text()
    assert run(findings) == 0
    (machine.folder / "number.txt").write_text("7\n")
    assert run(findings) == 0
    asked = (machine.folder / "gh.txt").read_text()
    assert "issue create --title" in asked
    assert "issue edit 7 --body-file summary.md" in asked
    assert run(end, CODE="0") == 0
    assert run(end, CODE="1") == 1

    shutil.rmtree(machine.folder / "shards" / "shard-0")
    assert run(merge) == 0  # a shard that failed stops nobody
    cells = json.loads((machine.folder / "result.json").read_text())["counts"]
    assert cells["not-run"] > 0

    following, told = commands(jobs["next"]["steps"])
    run(following)
    (machine.folder / "next.md").touch()
    assert run(told) == 0
    assert set(ran) == {one for job in jobs.values() for one in commands(job["steps"])}


def run_action(machine: Machine, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the last step of the action, whose virtualenv has what this one has."""
    tool = machine.folder / "tool" / "bin"
    tool.mkdir(parents=True)
    (tool / "python").write_text(WITHOUT_ISOLATION)
    (tool / "python").chmod(0o755)
    check = load("action.yml")["runs"]["steps"][-1]
    variables = {f"COMPAT_ACTION_{name}": value for name, value in inputs.items()}
    return machine.run(check["run"], TOOL=str(tool.parent), **variables)


def test_the_action_asks_what_it_is_given(machine: Machine) -> None:
    done = run_action(
        machine, FROM="scikit-learn==1.3.2", TO="scikit-learn==1.5.2", REPORT="page.html"
    )
    assert done.returncode == 1, done.stderr
    found = machine.outputs()
    assert found["safe"] == "false"
    assert found["report"] == "page.html"
    assert (machine.folder / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert (machine.folder / "step-summary.md").read_text("utf-8").startswith("#")


def test_the_action_says_what_is_wrong(machine: Machine) -> None:
    done = run_action(machine, MODELS="none.joblib", TO="scikit-learn")
    assert done.returncode == 2
    assert "none.joblib" in done.stdout
    assert machine.outputs()["safe"] == "unknown"
