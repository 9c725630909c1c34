"""A kill at any moment loses no finished result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matrix.engine.recovery import recover
from matrix.store import Store

from .projects import command, environ

POSIX = pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")


def left_behind(store: Store, answer: dict[str, Any], content: bytes) -> Path:
    """A folder as a worker leaves it when it is killed after one answer, amid the next."""
    folder = store.scratch()
    pieces = [{"id": 0, "key": "first"}, {"id": 1, "key": "second"}]
    (folder / "request.json").write_text(json.dumps({"pieces": pieces}))
    (folder / "contents.bin").write_bytes(content + b"half of the next conte")
    lines = [{"ready": {}}, {"begin": 0}, {"done": 0, "answer": answer}, {"begin": 1}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "journal.jsonl").write_text(text + '{"done": 1, "ans')
    return folder


def place(digest: str, size: int) -> dict[str, Any]:
    return {"digest": digest, "offset": 0, "size": size}


def test_what_a_worker_had_finished_is_taken_in(tmp_path: Path) -> None:
    import hashlib

    digest = hashlib.sha256(b"content").hexdigest()
    with Store(tmp_path) as store:
        saved = store.scratch() / "joblib.joblib"
        saved.write_bytes(b"model")
        artifact = {"path": str(saved), "sha256": "ab" * 32, "size": 5}
        answer = {"artifacts": {"joblib": artifact}, "contents": [place(digest, 7)], "seconds": 1}
        left_behind(store, answer, b"content")
    with Store(tmp_path) as store:
        assert recover(store) == 1
        assert store.answer("first") is not None
        assert store.answer("second") is None
        assert store.content(digest) == b"content"
        assert store.artifact("ab" * 32, "joblib").read_bytes() == b"model"
        assert store.left_behind() == []
        assert recover(store) == 0


def test_an_answer_whose_content_is_damaged_is_not_taken_in(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        left_behind(store, {"contents": [place("0" * 64, 7)], "seconds": 1}, b"content")
        assert recover(store) == 0
        assert store.answer("first") is None


# --------------------------------------------------------------------------- real kills

KILLS = 6


def table(project: Path, *more: str) -> Iterator[dict[str, Any]]:
    done = subprocess.run(
        command("--output", "json:result.json", *more),
        cwd=project,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for cell in json.loads((project / "result.json").read_text())["cells"]:
        yield {**cell, "cached": None}


@POSIX
def test_a_run_that_was_killed_again_and_again_ends_with_the_same_table(project: Path) -> None:
    whole = list(table(project, "--fresh"))
    for name in ("results.sqlite", "results.sqlite-wal", "results.sqlite-shm"):
        (project / ".matrix" / name).unlink(missing_ok=True)
    for number in range(KILLS):
        process = subprocess.Popen(
            command(),
            cwd=project,
            env=environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(1.0 + 1.3 * number)
        process.kill()  # its workers go on without it, until their next piece
        process.wait()
        if number % 2:
            kill_all_workers(project)
    assert list(table(project)) == whole


def kill_all_workers(project: Path) -> None:
    for pid in workers_of(project):
        os.kill(pid, signal.SIGKILL)


def workers_of(project: Path) -> list[int]:
    """The processes that work on a folder, where the platform tells."""
    found = []
    for entry in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        try:
            if entry.name.isdigit() and str(project) in (entry / "cmdline").read_text():
                found.append(int(entry.name))
        except (OSError, UnicodeDecodeError):
            continue
    return found


@POSIX
def test_an_interrupted_run_ends_its_children_and_keeps_what_was_finished(project: Path) -> None:
    process = subprocess.Popen(
        command("--fresh"),
        cwd=project,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "what was finished is kept" in said
    assert workers_of(project) == []
    assert all(cell["verdict"] != "not-run" for cell in table(project))


@POSIX
def test_two_runs_on_one_folder_do_not_mix(project: Path) -> None:
    first = subprocess.Popen(
        command("--fresh"),
        cwd=project,
        env=environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2)
    second = subprocess.run(
        command(), cwd=project, env=environ(), capture_output=True, text=True, check=False
    )
    assert second.returncode == 3
    assert "another run is at work" in second.stderr
    assert first.wait() == 0
