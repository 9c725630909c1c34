"""The command line of each kind of sandbox."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from matrix.sandbox.commands import interpreter
from matrix.sandbox.kinds import ProcessLimits, Promise, Sandbox, SandboxKind

CONTAINED = [kind for kind in SandboxKind if kind is not SandboxKind.OFF]


def command(kind: SandboxKind, tmp_path: Path) -> list[str]:
    scratch, model = tmp_path / "scratch", tmp_path / "model.pkl"
    scratch.mkdir()
    model.touch()
    sandbox = Sandbox(kind=kind, program="/opt/bwrap")
    limits = ProcessLimits(file=7, seconds=8, processes=9)
    return sandbox.command(
        ["/env/bin/python", "worker.py"], writable=[scratch], readable=[model], limits=limits
    )


def plan(line: list[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(line[-3])
    return found


@pytest.mark.parametrize("kind", CONTAINED)
def test_what_is_started_comes_last_and_is_started_by_our_own_interpreter(
    kind: SandboxKind, tmp_path: Path
) -> None:
    line = command(kind, tmp_path)
    assert line[-2:] == ["/env/bin/python", "worker.py"]
    assert line[-7:-4] == [sys.executable, "-I", "-S"]


def test_without_a_sandbox_the_command_is_unchanged(tmp_path: Path) -> None:
    assert command(SandboxKind.OFF, tmp_path) == ["/env/bin/python", "worker.py"]


@pytest.mark.parametrize("kind", CONTAINED)
def test_every_kind_has_limits_and_only_those_that_count_alone_limit_processes(
    kind: SandboxKind, tmp_path: Path
) -> None:
    limits = {"RLIMIT_FSIZE": 7, "RLIMIT_CPU": 8, "RLIMIT_CORE": 0}
    if kind in (SandboxKind.BUBBLEWRAP, SandboxKind.NAMESPACES):
        limits["RLIMIT_NPROC"] = 9
    assert plan(command(kind, tmp_path))["limits"] == limits


def test_bubblewrap_shows_what_may_be_read_and_lets_write_to_the_scratch_folder_alone(
    tmp_path: Path,
) -> None:
    line = command(SandboxKind.BUBBLEWRAP, tmp_path)
    assert line[0] == "/opt/bwrap"
    shown = [line[n + 1] for n, part in enumerate(line) if part == "--ro-bind"]
    written = [line[n + 1] for n, part in enumerate(line) if part == "--bind"]
    assert str(tmp_path / "model.pkl") in shown
    assert written == [str(tmp_path / "scratch")]
    assert not {"/", "/home", "/etc", "/root", str(Path.home())} & {*shown, *written}
    assert line.index("--remount-ro") > line.index("--bind")


@pytest.mark.parametrize("kind", [SandboxKind.NAMESPACES, SandboxKind.LANDLOCK])
def test_the_launcher_receives_what_may_be_read_and_written(
    kind: SandboxKind, tmp_path: Path
) -> None:
    found = plan(command(kind, tmp_path))
    assert str(tmp_path / "model.pkl") in str(found["readable"])
    assert found["writable"] == [str(tmp_path / "scratch")]


def test_an_interpreter_needs_its_environment_and_the_one_that_it_stands_on(tmp_path: Path) -> None:
    base, environment = tmp_path / "python", tmp_path / "env"
    for folder in (base, environment):
        (folder / "bin").mkdir(parents=True)
    (base / "bin" / "python3.8").touch()
    (environment / "bin" / "python").symlink_to(base / "bin" / "python3.8")
    assert interpreter(environment / "bin" / "python") == (environment, base)


def test_an_interpreter_in_the_home_folder_does_not_open_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    found = interpreter(tmp_path / "bin" / "python")
    assert tmp_path not in found
    assert tmp_path / "bin" / "python" in found


def test_a_signal_passes_through_the_launcher() -> None:
    sandbox = Sandbox(kind=SandboxKind.BUBBLEWRAP)
    assert [sandbox.code(code) for code in (0, 81, 139, -9)] == [0, 81, -11, -9]
    assert Sandbox(kind=SandboxKind.OFF).code(139) == 139


def test_the_description_names_what_a_sandbox_prevents_and_warns_where_that_is_little() -> None:
    strong = Sandbox(kind=SandboxKind.BUBBLEWRAP, promises=(Promise.NETWORK, Promise.WRITING))
    assert strong.words == "bubblewrap: no network, no writing outside its scratch folder"
    assert "can read and write your files" in Sandbox(kind=SandboxKind.LIMITS).words
    assert "everything that you can" in Sandbox(kind=SandboxKind.OFF).words
