"""The recipes of docs/ci.md follow the schemas of their systems, and their commands run.

Each runs in a small repository, in a bump of ``requests`` and in a lock that cannot be read: both
are answered without an environment. Making the virtualenv and installing the tool are replaced.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("check_jsonschema")
if sys.platform == "win32":
    pytest.skip("the recipes are for Linux", allow_module_level=True)

from ruamel.yaml import YAML

from tests.locks.repositories import commit, git, new_repository
from tests.test_workflows import check

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "ci.md").read_text("utf-8")
PYTHON = f"""#!/bin/sh
case "$*" in
  *"-m venv "*)
    mkdir -p .compat-tool/bin
    cp "$0" .compat-tool/bin/python
    cp "$(dirname "$0")/compat-matrix" .compat-tool/bin ;;
  *"-m pip install "*) ;;
  *) exec {shlex.quote(sys.executable)} "$@" ;;
esac
"""
MATRIX = f"""#!/bin/sh
exec {shlex.quote(sys.executable)} -c "import matrix.cli; raise SystemExit(matrix.cli.main())" "$@"
"""


def block(heading: str, language: str, number: int = 0) -> str:
    """A code block below a heading of the page."""
    section = re.split(r"^##+ ", TEXT, flags=re.M)
    (found,) = [one for one in section if one.startswith(heading + "\n")]
    return re.findall(rf"^```{language}\n(.*?)^```$", found, flags=re.M | re.S)[number]


def parsed(heading: str, number: int = 0) -> Any:
    return YAML(typ="safe").load(block(heading, "yaml", number))


def shell_of_jenkins() -> str:
    found = re.search(r"sh '''(.*?)'''", block("Jenkins", "groovy"), flags=re.S)
    assert found is not None
    return found[1]


def scripts() -> dict[str, str]:
    """The shell commands of each recipe."""
    (run,) = [
        step["run"]
        for step in parsed("CircleCI")["jobs"]["models"]["steps"]
        if isinstance(step, dict) and "run" in step
    ]
    return {
        "GitLab": "\n".join(parsed("GitLab")["models"]["script"]),
        "Jenkins": shell_of_jenkins(),
        "CircleCI": run,
        "shell": block("Any other system", "sh"),
    }


SCRIPTS = scripts()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two branches, and beside it the programs that recipes call."""
    folder = tmp_path_factory.mktemp("recipes")
    (folder / "programs").mkdir()
    for name, text in {"python": PYTHON, "python3": PYTHON, "compat-matrix": MATRIX}.items():
        (folder / "programs" / name).write_text(text)
        (folder / "programs" / name).chmod(0o755)
    files = {
        "requirements.txt": "scikit-learn==1.5.2\nrequests==2.32.0\n",
        "uv.lock": "version = 1\n",
    }
    new_repository(folder / "origin", files)
    git(folder / "origin", "switch", "--quiet", "--create", "bump")
    commit(
        folder / "origin",
        {"requirements.txt": files["requirements.txt"].replace("2.32.0", "2.32.3")},
    )
    git(folder / "origin", "switch", "--quiet", "--create", "broken", "main")
    commit(folder / "origin", {"uv.lock": "version = 9\n"})
    return folder


def run(origin: Path, script: str, branch: str, folder: Path) -> subprocess.CompletedProcess[str]:
    git(folder, "clone", "--quiet", f"--branch={branch}", f"file://{origin / 'origin'}", "clone")
    clone = folder / "clone"
    variables = {
        "PATH": os.pathsep.join([str(origin / "programs"), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "CHANGE_TARGET": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(clone, "rev-parse", "origin/main"),
    }
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=clone,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "system",
    [
        name if name == "shell" else pytest.param(name, marks=pytest.mark.nightly)
        for name in SCRIPTS
    ],
)
def test_a_recipe_answers_a_bump(
    system: str, origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    done = run(origin, SCRIPTS[system], "bump", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "requests 2.32.0 → 2.32.3" in done.stdout


def test_a_recipe_fails_for_a_lock_that_cannot_be_read(
    origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    done = run(origin, SCRIPTS["shell"], "broken", tmp_path)
    assert done.returncode == 2
    assert "uv.lock" in done.stderr


def test_recipes_follow_the_schemas_of_their_systems() -> None:
    check(parsed("GitLab"), "gitlab-ci")
    check(parsed("CircleCI"), "circle-ci")
    check(parsed("GitHub"), "github-workflows")
    check(parsed("Pull requests from forks", 1), "github-workflows")
    check(parsed("Renovate and Dependabot"), "dependabot")
    check(json.loads(block("Renovate and Dependabot", "json")), "renovate")


def test_the_workflows_use_inputs_and_outputs_that_the_action_has() -> None:
    action = YAML(typ="safe").load((ROOT / "action.yml").read_text("utf-8"))
    workflows = [parsed("GitHub"), parsed("Pull requests from forks", 1)]
    steps = [step for one in workflows for job in one["jobs"].values() for step in job["steps"]]
    used = [step for step in steps if step["uses"] == "./sklearn-compat-matrix"]
    assert len(used) == 2
    for step in used:
        assert step["with"].keys() <= action["inputs"].keys()
    named = set(re.findall(r"steps\.compat\.outputs\.([\w-]+)", TEXT))
    assert {"report", "comment"} <= named <= action["outputs"].keys()


def test_every_input_and_output_is_described() -> None:
    action = YAML(typ="safe").load((ROOT / "action.yml").read_text("utf-8"))
    section = TEXT.partition("\n## GitHub\n")[2].partition("\n## GitLab\n")[0]
    rows = re.findall(r"^\| (`.+?`) \|", section, flags=re.M)
    named = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    assert named == {*action["inputs"], *action["outputs"]}
