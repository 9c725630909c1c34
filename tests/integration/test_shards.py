"""Shards of a real run, merged, are the table that one machine gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .projects import PIPELINES, ROOT, command, environ, forget, table

IGNORED = {"cached", "seconds"}


def shard(project: Path, name: str) -> str:
    """Run a shard from nothing, as another machine would, and return its file."""
    file = f"shard-{name.replace('/', '-')}.json"
    forget(project / ".matrix")
    subprocess.run(
        command("--shard", name, "--output", f"json:{file}"),
        cwd=project,
        env=environ(),
        check=True,
        capture_output=True,
    )
    return file


def matrix(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matrix", *arguments],
        cwd=project,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )


def cells(file: Path) -> list[dict[str, Any]]:
    return [{**cell, "cached": None} for cell in json.loads(file.read_text())["cells"]]


def test_shards_from_nothing_are_together_what_one_run_gives(project: Path) -> None:
    """Each was made without what the others had; a baseline of the one run knows them all."""
    globs = [part for name in PIPELINES for part in ("--pipelines", name)]
    planned = matrix(project, "plan", "--config", "matrix.toml", *globs, "--json")
    groups = json.loads(planned.stdout)["groups"]
    files = [shard(project, group["shard"]) for group in groups]
    assert len(files) == 2
    forget(project / ".matrix")
    whole = table(project)
    plans = {json.loads((project / file).read_text())["shard"]["plan"] for file in files}
    assert plans == {json.loads(planned.stdout)["plan"]}
    merged = matrix(project, "merge", *files, "--output", "json:merged.json")
    assert merged.returncode == 0, merged.stderr
    assert cells(project / "merged.json") == whole
    differs = matrix(project, "diff", "result.json", "merged.json")
    assert differs.returncode == 0
    assert "0 new, 0 worse, 0 fixed" in differs.stdout


def test_a_baseline_of_a_run_lets_the_next_one_pass(project: Path) -> None:
    """And fails it where a line is taken out: what it says is what is compared."""
    table(project)
    run = ("--baseline", "known.toml")
    written = matrix(project, "baseline", "update", "--config", "matrix.toml", *run)
    assert written.returncode == 0, written.stderr
    file = project / "known.toml"
    text = file.read_text("utf-8")
    lines = [line for line in text.splitlines() if "load-failed" in line or "use-failed" in line]
    assert lines
    passing = matrix(project, "report", "--config", "matrix.toml", *run)
    assert passing.returncode == 0, passing.stderr
    file.write_text(text.replace(lines[0] + "\n", ""), "utf-8")
    failing = matrix(project, "report", "--config", "matrix.toml", *run)
    assert failing.returncode == 1
    assert "0 worse, 0 fixed" in failing.stdout
    assert "  new" in failing.stdout


EXCHANGE = f"""
pipelines = ["{ROOT.as_posix()}/fixtures"]
download-python = "never"
[sets.default]
scikit-learn = ["1.1", "1.3", "1.5"]
"""
NOT_IN_THE_NEWEST = "bayesian_ridge_normalized"
"""A pipeline that only scikit-learn 1.1 saves: its rows are measured there."""


@pytest.mark.nightly
def test_shards_that_exchange_what_they_saved_are_together_what_one_run_gives(
    tmp_path: Path,
) -> None:
    """Each saves its own part only; every field but times is that of one machine."""
    (tmp_path / "matrix.toml").write_text(EXCHANGE)
    globs = [f"--pipelines={name}" for name in (*PIPELINES, NOT_IN_THE_NEWEST)]

    def run(name: str, state: str, *more: str) -> None:
        arguments = [name, "--config", "matrix.toml", *globs, "--state", state, *more]
        done = matrix(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr

    run("run", "whole", "--output", "json:whole.json")
    exchange = ("--artifacts", "saved")
    run("plan", "whole", *exchange, "--groups", "2")
    early = ["run", "--config", "matrix.toml", *globs, "--state", "s1", "--shard", "1/2", *exchange]
    assert matrix(tmp_path, *early).returncode == 3
    for index in ("1", "2"):
        run("run", f"s{index}", *exchange, "--shard", f"{index}/2", "--save-only")
    for index in ("1", "2"):
        file = f"json:shard-{index}.json"
        run("run", f"s{index}", *exchange, "--shard", f"{index}/2", "--output", file)
    merged = matrix(tmp_path, "merge", "shard-1.json", "shard-2.json", "--output", "json:all.json")
    assert merged.returncode == 0, merged.stderr
    whole, together = (
        json.loads((tmp_path / f"{one}.json").read_text()) for one in ("whole", "all")
    )
    assert cells(tmp_path / "all.json") == cells(tmp_path / "whole.json")
    assert NOT_IN_THE_NEWEST in together["evidence"]
    for name in ("evidence", "environments", "pipelines", "self_check", "limits"):
        assert together[name] == whole[name], name
