"""Shards of a real run, merged, are the table that one machine gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from .projects import PIPELINES, command, environ, forget, table

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
