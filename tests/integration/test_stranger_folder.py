"""A model is checked in a stranger's folder, which tries all that it can: nothing of it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wheels import write_wheel

from .projects import environ
from .test_upgrade import train

PAYLOAD = "import pathlib; pathlib.Path({!r}).touch()\n"
MODULES = ("matrix", "tomllib", "json", "numpy", "sklearn", "nox", "sitecustomize", "conftest")


def wheel(folder: Path, marker: Path) -> None:
    """A newer release of a package that scikit-learn needs, which runs as any Python starts."""
    files = {"threadpoolctl.pth": PAYLOAD.format(str(marker)), "threadpoolctl.py": ""}
    write_wheel(folder, "threadpoolctl", "99.0", files)


def hostile(folder: Path, marker: Path) -> None:
    """Write everything that a tool might read into the current folder."""
    payload = PAYLOAD.format(str(marker))
    wheel(folder / "wheels", marker)
    links = f'find-links = ["{(folder / "wheels").as_posix()}"]\n'
    (folder / "pyproject.toml").write_text(f"[tool.uv]\n{links}")
    (folder / "uv.toml").write_text(links)
    (folder / "pip.conf").write_text(f"[global]\nfind-links = {folder / 'wheels'}\n")
    (folder / ".env").write_text(f"UV_FIND_LINKS={folder / 'wheels'}\n")
    (folder / ".python-version").write_text("2.7\n")
    (folder / "noxfile.py").write_text(payload)
    for name in MODULES:
        (folder / f"{name}.py").write_text(payload)
    for name in ("uv", "nox", "bwrap", "python3", "python3.13", "lscpu", "git"):
        program = folder / name
        program.write_text(f"#!/bin/sh\ntouch {marker}\n")
        program.chmod(0o755)
    state = folder / ".matrix"
    state.mkdir()
    (state / "results.sqlite").write_bytes(b"SQLite format 3\0forged")
    forged = {"x": {"executable": str(folder / "python3"), "version": "3.13.9"}}
    (state / "interpreters.json").write_text(json.dumps(forged))


@pytest.mark.skipif(os.name != "posix", reason="programs are scripts here")
def test_nothing_of_a_strangers_folder_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    models = train(tmp_path, "1.5.2")
    folder, marker = tmp_path / "stranger", tmp_path / "marker"
    folder.mkdir()
    (folder / "model.joblib").write_bytes((models / "ridge.joblib").read_bytes())
    hostile(folder, marker)
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("compat-matrix")), "upgrade", "model.joblib"),
            *("--to", "scikit-learn==1.6.1", "--output", "json:answers.json"),
        ],
        cwd=folder,
        env={**environ(), "PATH": f".:{os.environ['PATH']}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not marker.exists()
    assert done.returncode in (0, 1), done.stderr
    assert ".matrix.not-mine-1" in done.stderr
    (answer,) = json.loads((folder / "answers.json").read_text())["answers"]
    assert answer["problem"] == ""
