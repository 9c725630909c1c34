"""Interpreters: found wherever they are, run once, and chosen by a request."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import pytest

from matrix.environments import interpreters
from matrix.model import Interpreter

posix = pytest.mark.skipif(sys.platform == "win32", reason="the pretended ones are shell scripts")


def pretend(path: Path, version: str, **how: object) -> Path:
    """Write an interpreter that answers with a version, and leaves a mark each time it is run."""
    answer = {
        "version": version,
        "implementation": "cpython",
        "executable": str(path),
        "free_threaded": False,
        **how,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho x >> {path}.runs\necho '{json.dumps(answer)}'\n")
    path.chmod(0o755)
    return path


def broken(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho 'pyenv: python3.4: command not found' >&2\nexit 127\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it but what a test puts there, and the interpreter we run on."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{tmp_path / 'pyenv/shims'}")
    monkeypatch.setattr(interpreters, "_usual_places", lambda: iter(()))
    monkeypatch.setattr(interpreters, "_own", lambda: iter(()))
    return tmp_path


@posix
def test_they_are_found_in_all_places(machine: Path) -> None:
    """PATH, pyenv and uv count; shims, what does not run, and other kinds of Python do not."""
    pretend(machine / "bin/python3.11", "3.11.2")
    broken(machine / "bin/python3.10")
    pretend(machine / "pyenv/versions/3.9.18/bin/python", "3.9.18")
    pretend(machine / "pyenv/versions/pypy/bin/python", "3.10.1", implementation="pypy")
    pretend(machine / "pyenv/versions/3.13t/bin/python", "3.13.1", free_threaded=True)
    pretend(machine / "pyenv/versions/3.5.9/bin/python", "3.5.9")
    pretend(machine / "pyenv/versions/env/bin/python", "3.12.1", executable=None)
    pretend(machine / "pyenv/shims/python3.8", "3.8.1")
    pretend(machine / "uv/cpython-3.12.4-linux/bin/python3", "3.12.4")
    found = interpreters.find(machine / "cache.json")
    assert [i.version for i in found] == ["3.12.4", "3.11.2", "3.9.18"]


@posix
def test_a_virtualenv_that_comes_first_hides_no_interpreter(machine: Path) -> None:
    """With Python 3.10 the only interpreter of a machine was taken for its virtualenv's."""
    real = pretend(machine / "pyenv/versions/3.10.13/bin/python3.10", "3.10.13")
    answers = real.read_text().splitlines()[-1]
    in_a_virtualenv = answers.replace(f'"{real}"', "null")
    real.write_text(
        f'#!/bin/sh\ncase "$0" in {machine}/bin/*) {in_a_virtualenv};; *) {answers};; esac'
    )
    environment = machine / "bin"
    environment.mkdir()
    (environment / "python3.10").symlink_to(real)
    (machine / "pyvenv.cfg").write_text("home = elsewhere")
    found = interpreters.find(machine / "cache.json")
    assert [(i.version, i.path) for i in found] == [("3.10.13", real)]


@posix
def test_the_interpreter_that_runs_this_counts(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(interpreters, "_usual_places", lambda: iter(()))
    monkeypatch.setattr(interpreters, "_on_path", lambda: iter(()))
    monkeypatch.setattr(interpreters, "_pyenv", lambda: iter(()))
    monkeypatch.setattr(interpreters, "_managed_by_uv", lambda: iter(()))
    found = interpreters.find(machine / "cache.json")
    assert [i.version for i in found] == [platform.python_version()]


@posix
def test_each_is_run_once(machine: Path) -> None:
    """The second time nothing is run, until a file changes."""
    path = pretend(machine / "bin/python3.11", "3.11.2")
    for _ in range(3):
        assert [i.version for i in interpreters.find(machine / "cache.json")] == ["3.11.2"]
    assert Path(f"{path}.runs").read_text().count("x") == 1
    pretend(path, "3.11.10")
    assert [i.version for i in interpreters.find(machine / "cache.json")] == ["3.11.10"]


def made(*versions: str) -> tuple[Interpreter, ...]:
    return tuple(Interpreter(path=Path("/", version), version=version) for version in versions)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ("newest", ["3.13.0", "3.11.7", "3.9.18"]),
        ("oldest", ["3.9.18", "3.11.7", "3.13.0"]),
        ("3.11", ["3.11.7"]),
        ("3.11.2", ["3.11.2"]),
        ("3.1", []),
        ("3.14", ["3.14.0rc1"]),
        (">=3.9,<3.12", ["3.11.7", "3.9.18"]),
    ],
)
def test_a_request_matches_the_best_interpreter_of_each_line(
    request_: str, expected: list[str]
) -> None:
    """The best patch of each fitting line, best line first; no prerelease unless named."""
    here = made("3.14.0rc1", "3.13.0", "3.11.7", "3.11.2", "3.9.18")
    assert [i.version for i in interpreters.matching(here, request_)] == expected
