"""The files that CI systems read follow their official schemas, and name what there is.

That their commands run is shown in ``tests/integration/test_workflows.py``.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytest.importorskip("check_jsonschema")
from ruamel.yaml import YAML

from matrix import baseline
from matrix.catalog.locks.registry import is_lock_name
from matrix.cli.arguments import PrArguments, UpgradeArguments, parse
from matrix.report import FORMATS

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
LOCKS = (
    *("uv.lock", "app/poetry.lock", "pdm.lock", "Pipfile.lock", "pixi.lock", "pyproject.toml"),
    *("environment.yml", "env-dev.yaml", "conda-lock.yml", "x.conda-lock.yml", "Dockerfile"),
    *("deploy/Dockerfile.api", "constraints.txt", "dev-requirements.in", "pip-freeze.txt"),
    *("conda-linux-64.lock", "explicit-linux.txt", "requirements.lock", "Containerfile"),
)


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text("utf-8"))


def schema(name: str) -> Any:
    folder = files("check_jsonschema").joinpath("builtin_schemas", "vendor")
    return json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))


def check(document: Any, name: str) -> None:
    found = schema(name)
    validator = jsonschema.validators.validator_for(found)
    validator(found).validate(document)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_follow_the_schema(path: Path) -> None:
    document = load(path)
    check(document, "github-workflows")
    next(iter(document["jobs"].values()))["runs-on"] = 3
    with pytest.raises(jsonschema.ValidationError):
        check(document, "github-workflows")


def test_a_job_waits_for_jobs_that_are_there() -> None:
    for path in WORKFLOWS:
        jobs = load(path)["jobs"]
        for job in jobs.values():
            needs = job.get("needs", [])
            assert {*([needs] if isinstance(needs, str) else needs)} <= jobs.keys()


def steps(document: Any) -> list[Any]:
    if "runs" in document:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_no_text_from_outside_is_put_into_a_script(path: Path) -> None:
    """An expression in a script is replaced before a shell reads it; variables are not."""
    for step in steps(load(path)):
        assert "${{" not in step.get("run", "")


def test_the_action_imports_nothing_of_the_checkout() -> None:
    """And installs into a virtualenv of its own."""
    calls = [
        line.strip()
        for step in steps(load(ACTION))
        for line in step.get("run", "").splitlines()
        if re.match(r'\s*"\$(python|programs/python)"', line)
    ]
    assert len(calls) == 3
    assert all(re.match(r'"\$(python|programs/python)" -I -m ', call) for call in calls)
    assert "-m venv" in calls[0]


def test_every_input_reaches_the_action_and_every_output_is_written() -> None:
    document = load(ACTION)
    check = document["runs"]["steps"][-1]
    given = {
        name.removeprefix("COMPAT_ACTION_").lower().replace("_", "-"): value
        for name, value in check["env"].items()
        if name.startswith("COMPAT_ACTION_")
    }
    assert given.keys() == document["inputs"].keys() - {"cache", "token", "working-directory"}
    assert check["working-directory"] == "${{ inputs.working-directory }}"
    for name, value in given.items():
        assert value == f"${{{{ inputs.{name} }}}}"
        read = f'"{name.upper().replace("-", "_")}"'
        assert read in (ROOT / "matrix/github_action/action_inputs.py").read_text("utf-8")
    written = (ROOT / "matrix/github_action/__main__.py").read_text("utf-8")
    for name, output in document["outputs"].items():
        assert output["value"] == f"${{{{ steps.check.outputs.{name} }}}}"
        assert f'"{name}": ' in written


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_actions_of_others_are_pinned_to_a_commit(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        used = re.match(r"\s*(- )?uses: (?!\./)(\S+)(.*)", line)
        if used:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used[2]), line
            assert re.fullmatch(r" # v[\d.]+", used[3]), line


def test_the_hook_calls_a_command_that_is_there() -> None:
    """With what a project adds, such as a folder of models and the file that was bumped."""
    hook, other = load(HOOKS)
    assert isinstance(parse(other["entry"].split()[1:]), PrArguments)
    assert other["files"] == hook["files"]
    assert hook.keys() >= {"id", "name", "entry", "language", "files"}
    program, *arguments = hook["entry"].split()
    assert program == "compat-matrix"
    parsed = parse([*arguments, "models", "--to", "requirements.txt"])
    assert isinstance(parsed, UpgradeArguments)
    assert parsed.models == (Path("models"),)
    for name in ("requirements.txt", "deploy/requirements-prod.txt", "pylock.toml", *LOCKS):
        assert re.search(hook["files"], name)
        assert is_lock_name(name)
    for name in ("README.txt", "docker-compose.yml", "Cargo.lock", "conda.py", "a.yml"):
        assert not re.search(hook["files"], name)
        assert not is_lock_name(name)


def test_only_the_job_that_uploads_a_release_may_prove_who_it_is() -> None:
    """Trusted publishing needs no password; the job that builds runs code of other packages."""
    document = load(ROOT / ".github" / "workflows" / "release.yml")
    jobs = document["jobs"]
    may = {name for name, job in jobs.items() if job["permissions"].get("id-token") == "write"}
    assert may == {"publish"}
    assert not any("run" in step for step in jobs["publish"]["steps"])
    (upload,) = (step for step in jobs["publish"]["steps"] if "pypi-publish" in step["uses"])
    assert upload["with"] == {"attestations": True}
    assert document["permissions"] == {}


def test_the_baseline_that_the_workflow_names_can_be_read() -> None:
    assert "--baseline compat-baseline.toml" in WORKFLOWS[0].read_text("utf-8")
    assert baseline.read(ROOT / "compat-baseline.toml").verdicts


def test_reports_that_the_workflow_wants_are_there() -> None:
    text = WORKFLOWS[0].read_text("utf-8")
    missing = set(re.findall(r"--output (\w+):", text)) - {*FORMATS}
    if missing == {"html"}:
        pytest.skip("HTML is not there yet")
    assert missing == set()


def test_the_action_follows_the_schema() -> None:
    document = load(ACTION)
    check(document, "github-actions")
    del document["runs"]["using"]
    with pytest.raises(jsonschema.ValidationError):
        check(document, "github-actions")
