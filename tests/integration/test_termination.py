"""SIGTERM is Ctrl-C: what was finished is shown and kept, and the exit code is 130."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .killing import at_work_on
from .projects import command, environ
from .test_upgrade import train

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")

SLOW = """
from matrix.upgrade import checker
load = checker.ModelChecker._load
loaded = []
def slow(self, one, reader):
    loaded.append(reader)
    if len(loaded) == 3:  # the two before are finished: there is one worker at a time
        print("under way", flush=True)
        import signal
        signal.pause()
    return load(self, one, reader)
checker.ModelChecker._load = slow
from matrix.cli import main
raise SystemExit(main())
"""
"""The tool, which stops after it has begun some loads, and says so."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("termination")


def test_an_upgrade_check_shows_what_was_finished(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    models = train(home, "1.5.2")
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", SLOW, "upgrade", str(models / "ridge.joblib")),
            *(str(models / "tree.joblib"), "--to", "scikit-learn==1.6.1", "--jobs", "1"),
            *("--output", "json:answers.json"),
        ],
        cwd=home,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "under way\n"
    process.send_signal(signal.SIGTERM)
    shown, said = process.communicate()
    assert process.returncode == 130, said
    assert "interrupted: finished work is kept" in said
    shown = " ".join(shown.split())
    assert "ridge.joblib" in shown
    assert "tree.joblib: " in shown
    assert "interrupted before it was checked" in shown
    result = json.loads((home / "answers.json").read_text())
    assert result["interrupted"]
    assert len(result["answers"]) == 2
    assert at_work_on(home) == []


def test_a_run_shows_what_was_finished(project: Path) -> None:
    process = subprocess.Popen(
        command("--fresh", "--output", "json:result.json"),
        cwd=project,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    scratch = project / ".matrix" / "scratch"
    while process.poll() is None and not any(scratch.glob("*/journal.jsonl")):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    shown, said = process.communicate()
    assert process.returncode == 130, said
    assert "interrupted" in shown
    assert json.loads((project / "result.json").read_text())["interrupted"]


def test_inspect_ends_the_process_that_reads(tmp_path: Path) -> None:
    # A reader that forks is waited for; where there is no fork, one is started for each file.
    waiting = (
        "import os, select, signal; from matrix import processes\n"
        "def interrupted(then):\n"
        "    def begin(*a, **k):\n"
        "        os.kill(os.getpid(), signal.SIGTERM); return then(*a, **k)\n"
        "    return begin\n"
        "processes.start = interrupted(processes.start)\n"
        "select.select = interrupted(select.select)\n"
        "from matrix.cli import main; raise SystemExit(main())"
    )
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04N.")
    done = subprocess.run(
        [sys.executable, "-c", waiting, "inspect", "model.pkl"],
        cwd=tmp_path,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130
    assert "interrupted" in done.stderr


BUILDING = """
import os, signal, time
import psutil
from matrix.environments import run_nox
collect = run_nox._collect
def is_building(nox):
    try:
        below = psutil.Process(nox.pid).children(recursive=True)
        return any("build_one" in " ".join(one.cmdline()) for one in below)
    except psutil.Error:
        return False
def interrupted(run, nox, before):
    while not is_building(nox):
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)
    return collect(run, nox, before)
run_nox._collect = interrupted
from matrix.entry_point import main
raise SystemExit(main())
"""
"""The tool, which gets Ctrl-C as soon as nox has started to build an environment."""


@pytest.mark.nightly
def test_an_interrupted_build_leaves_no_process(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    model = train(home, "1.5.2") / "ridge.joblib"
    done = subprocess.run(
        [
            *(sys.executable, "-c", BUILDING, "upgrade", str(model), "--quiet"),
            *("--envs", str(tmp_path / "envs"), "--to", "scikit-learn==1.6.1"),
        ],
        cwd=tmp_path,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr == (
        "interrupted: finished work is kept, and the next run continues from there\n"
    )
    assert at_work_on(tmp_path) == []
