"""A kill at any moment loses no finished result."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from matrix.engine.recovery import recover
from matrix.store import Store

from .durable import assert_kept, finished
from .killing import at_work_on, kill_all
from .projects import command, environ, forget, table

POSIX = pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")


ANSWER = {
    "warnings": [],
    "truth": None,
    "rows_by_source": {"declared": 1, "model": 0},
    "only": False,
    "estimators": [],
    "outputs": {},
    "artifacts": {},
}
"""What stands in every answer of a writer."""


def left_behind(store: Store, answer: dict[str, Any], content: bytes) -> Path:
    """A folder as a worker leaves it when it is killed after one answer, amid the next."""
    folder = store.scratch()
    pieces = [{"id": 0, "key": "first"}, {"id": 1, "key": "second"}]
    (folder / "request.json").write_text(json.dumps({"task": "save", "pieces": pieces}))
    rows = [place["digest"] for place in answer["contents"]]
    answer = {**ANSWER, "rows": rows[0] if rows else hashlib.sha256().hexdigest(), **answer}
    (folder / "contents.bin").write_bytes(content + b"half of the next conte")
    lines = [{"ready": {}}, {"begin": 0}, {"done": 0, "answer": answer}, {"begin": 1}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "journal.jsonl").write_text(text + '{"done": 1, "ans')
    return folder


def place(digest: str, size: int) -> dict[str, Any]:
    return {"digest": digest, "offset": 0, "size": size}


def with_artifact(saved: Path) -> dict[str, Any]:
    """An answer that is whole, and speaks of a file that holds ``model``."""
    model = {
        "path": str(saved),
        "sha256": hashlib.sha256(b"model").hexdigest(),
        "size": 5,
        "seconds": 0.1,
    }
    rows = place(hashlib.sha256(b"content").hexdigest(), 7)
    return {"artifacts": {"joblib": model}, "contents": [rows], "seconds": 1}


def test_what_a_worker_had_finished_is_taken_in(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"content").hexdigest()
    with Store(tmp_path) as store:
        saved = store.scratch() / "joblib.joblib"
        saved.write_bytes(b"model")
        model = hashlib.sha256(b"model").hexdigest()
        artifact = {"path": str(saved), "sha256": model, "size": 5, "seconds": 0.1}
        answer = {"artifacts": {"joblib": artifact}, "contents": [place(digest, 7)], "seconds": 1}
        left_behind(store, answer, b"content")
    with Store(tmp_path) as store:
        assert recover(store) == 1
        assert store.answer("first") is not None
        assert store.answer("second") is None
        assert store.content(digest) == b"content"
        assert store.artifact(model, "joblib").read_bytes() == b"model"
        assert store.left_behind() == []
        assert recover(store) == 0


def test_an_answer_whose_content_is_damaged_is_not_taken_in(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        left_behind(store, {"contents": [place("0" * 64, 7)], "seconds": 1}, b"content")
        assert recover(store) == 0
        assert store.answer("first") is None


def test_an_answer_whose_artifact_is_damaged_or_gone_is_not_taken_in(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for number, data in enumerate([b"half", None]):
            saved = tmp_path / f"{number}.joblib"
            if data is not None:
                saved.write_bytes(data)
            left_behind(store, with_artifact(saved), b"content")
        assert recover(store) == 0
        assert store.answer("first") is None


def test_an_artifact_that_was_put_in_its_place_before_the_kill_is_enough(tmp_path: Path) -> None:
    """The file is moved first, and the answer that speaks of it is committed after."""
    with Store(tmp_path) as store:
        saved = tmp_path / "joblib.joblib"
        saved.write_bytes(b"model")
        store.keep_artifact(saved, "joblib", hashlib.sha256(b"model").hexdigest())
        left_behind(store, with_artifact(saved), b"content")
        assert recover(store) == 1


@pytest.mark.parametrize(
    ("name", "garbage"),
    [
        ("journal.jsonl", b"\0\0\0\n[1]\n{}\n"),
        ("journal.jsonl", b'{"done": 0}\n'),
        ("request.json", b"{"),
        ("contents.bin", None),
        ("request.json", None),
    ],
)
def test_garbage_that_was_left_behind_ends_no_run(
    tmp_path: Path, name: str, garbage: bytes | None
) -> None:
    with Store(tmp_path) as store:
        digest = hashlib.sha256(b"content").hexdigest()
        folder = left_behind(store, {"contents": [place(digest, 7)], "seconds": 1}, b"content")
        if garbage is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(garbage)
        assert recover(store) == 0
        assert store.left_behind() == []


# --------------------------------------------------------------------------- real kills

KILLS, SEED = 4, 20261128
"""For each change: so many, at moments that are the same in every run of the tests."""
KILLS_AT_NIGHT = 60
IN_A_ROW = 5
IN_A_ROW_AT_NIGHT = 10
"""After so many kills a run is let come to its end, and the next begins from nothing."""


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose records may be removed, so that runs are killed while they build too."""
    monkeypatch.setenv("COMPAT_MATRIX_ENVS", str(tmp_path / "envs"))
    return tmp_path / "envs"


@POSIX
def test_a_run_that_is_killed_again_and_again_loses_nothing_and_ends_with_the_same_table(
    project: Path,
) -> None:
    kill_again_and_again(project, random.Random(SEED), KILLS, IN_A_ROW)


@POSIX
@pytest.mark.nightly
@pytest.mark.usefixtures("own_store")
def test_a_run_that_is_killed_at_random_moments_loses_nothing(project: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.randrange(2**32))
    print(f"KILL_SEED={seed} draws the same moments again")  # noqa: T201
    table(project)  # its environments are built
    chance = random.Random(seed)
    kill_again_and_again(project, chance, KILLS_AT_NIGHT, IN_A_ROW_AT_NIGHT, while_building=0.2)


def kill_again_and_again(
    project: Path,
    chance: random.Random,
    kills: int,
    in_a_row: int,
    *,
    while_building: float = 0.0,
) -> None:
    """Kill runs at moments that are drawn, until there were so many kills.

    Args:
        project: where.
        chance: draws the moments.
        kills: how many at least.
        in_a_row: after so many a run is let come to its end.
        while_building: the share of the rows of kills in which environments are built again.
    """
    state = project / ".matrix"
    forget(state)
    started = time.monotonic()
    whole = table(project)
    seconds = time.monotonic() - started
    done = 0
    while done < kills:
        forget(state)
        if chance.random() < while_building:
            forget_environments()
        owed: set[str] = set()
        for _ in range(in_a_row):
            if not killed(project, chance.uniform(0, seconds), alone=chance.random() < 0.2):
                break
            done += 1
            owed |= finished(state)
            if chance.random() < 0.5:  # else the next run does it, if it comes that far
                assert_kept(state, owed)
        assert table(project) == whole
        assert_kept(state, owed)
    assert nobody_is_left(project)


def forget_environments() -> None:
    """Remove what says that the environments are complete: the next run makes them anew."""
    for record in Path(os.environ["COMPAT_MATRIX_ENVS"]).glob("environments/*/record.json"):
        record.unlink()


def nobody_is_left(project: Path) -> bool:
    """Whether the workers of runs that were killed alone have ended, each after its piece.

    Or when that expires: the endless prediction never comes to its end.
    """
    deadline = time.monotonic() + 120
    while at_work_on(project) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not at_work_on(project)


def killed(project: Path, seconds: float, *, alone: bool) -> bool:
    """Start a run and kill it after a while; False if it came to its end before.

    Args:
        project: where.
        seconds: how long to wait.
        alone: kill nothing else; its workers go on without it until their next piece.
    """
    process = subprocess.Popen(
        command(),
        cwd=project,
        env=environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert process.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        before = finished(project / ".matrix")
        if alone:
            process.kill()
        else:
            kill_all(process.pid)
        process.wait()
        assert before <= finished(project / ".matrix")
        return True
    return False


ATTEMPTS = 5
"""A busy machine may let a run come to its end before it is stopped: then another is begun."""


@POSIX
def test_an_interrupted_run_ends_its_children_and_keeps_what_was_finished(project: Path) -> None:
    assert nobody_is_left(project)  # of an earlier test
    state = project / ".matrix"
    for _ in range(ATTEMPTS):
        process, before = started(project)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        _, said = process.communicate(timeout=120)
        if process.returncode:
            break
    assert process.returncode == 130
    assert "finished work is kept" in said
    assert at_work_on(project) == []
    assert before <= finished(state)
    assert all(cell["verdict"] != "not-run" for cell in table(project))
    assert_kept(state, before)


@POSIX
def test_two_runs_on_one_folder_do_not_mix(project: Path) -> None:
    """The second says why it cannot; a report can be had meanwhile; nothing is damaged."""
    whole = table(project)
    for _ in range(ATTEMPTS):
        first, before = started(project)
        second = subprocess.run(
            command(), cwd=project, env=environ(), capture_output=True, text=True, check=False
        )
        first.send_signal(signal.SIGCONT)
        _, said = first.communicate()
        assert first.returncode == 0, said
        if second.returncode:
            break
    assert second.returncode == 3
    assert "another run is using" in second.stderr
    assert table(project) == whole
    assert_kept(project / ".matrix", before)


def started(project: Path) -> tuple[subprocess.Popen[str], set[str]]:
    """A run from nothing that has finished something, and is stopped for now.

    With the keys of what it has finished.
    """
    process = begun(project)
    while True:
        process.send_signal(signal.SIGSTOP)
        if process.poll() is not None:
            process = begun(project)
            continue
        # Stopped amid a write it holds the database: then it is let go on for a moment.
        with contextlib.suppress(sqlite3.OperationalError):
            found = finished(project / ".matrix")
            if found:
                return process, found
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)


def begun(project: Path) -> subprocess.Popen[str]:
    """A run from nothing, which can be interrupted even if these tests cannot.

    What a shell starts in the background ignores that, and so does all that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    forget(project / ".matrix")
    return subprocess.Popen(
        command(),
        cwd=project,
        env=environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
