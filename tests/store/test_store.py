"""What is kept stays, and what is damaged is noticed."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import StoreError
from matrix.store import Store

ANSWER = {"outputs": {"predict": {"digest": "0"}}, "seconds": 0.5}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_an_answer_is_there_again_after_a_commit(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.keep_answer("key", ANSWER)
        assert store.answer("key") == ANSWER
    with Store(tmp_path) as store:
        assert store.answer("key") == ANSWER
        assert store.answer("another") is None


def damage(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path / "results.sqlite") as database:
        database.execute(statement, values)
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE answers SET body = substr(body, 1, 5)",
        "UPDATE answers SET body = x'00'",
        "UPDATE answers SET digest = 'x'",
        "UPDATE answers SET key = 'key', body = (SELECT body FROM answers WHERE key = 'other') "
        "WHERE key = 'key'",
    ],
)
def test_a_damaged_or_swapped_answer_is_no_answer(tmp_path: Path, statement: str) -> None:
    with Store(tmp_path) as store:
        store.keep_answer("key", ANSWER)
        store.keep_answer("other", {"seconds": 1.0})
    damage(tmp_path, statement)
    with Store(tmp_path) as store:
        assert store.answer("key") is None


def test_a_damaged_content_is_no_content(tmp_path: Path) -> None:
    data = b"content" * 100
    with Store(tmp_path) as store:
        store.keep_content(digest(data), data)
        assert store.content(digest(data)) == data
    damage(tmp_path, "UPDATE contents SET data = x'1234'")
    with Store(tmp_path) as store:
        assert not store.has_contents([digest(data)])
        with pytest.raises(KeyError):
            store.content(digest(data))
        store.keep_content(digest(data), data)
        assert store.has_contents([digest(data)])


@given(data=st.binary(max_size=2000))
def test_any_content_comes_back(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    with Store(tmp_path_factory.mktemp("store")) as store:
        store.keep_content(digest(data), data)
        assert store.content(digest(data)) == data
        assert store.has_contents([digest(data)])
        assert not store.has_contents([digest(data + b"more")])


def test_two_runs_on_one_folder_do_not_mix(tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(StoreError, match="another run is at work"):
        Store(tmp_path)
    with Store(tmp_path):
        pass


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be kept"):
        Store(tmp_path / "state")


def test_a_file_where_the_folder_should_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StoreError, match="cannot be kept"):
        Store(tmp_path / "state")


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "results.sqlite").write_text("not a database " * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(tmp_path)


def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    with Store(tmp_path):
        pass
    damage(tmp_path, "PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="another version"):
        Store(tmp_path)


def test_an_artifact_is_moved_to_the_place_of_its_digest(tmp_path: Path) -> None:
    saved = tmp_path / "joblib.joblib.z"
    saved.write_bytes(b"model")
    with Store(tmp_path / "state") as store:
        store.keep_artifact(saved, "joblib-zlib", digest(b"model"))
        assert store.artifact(digest(b"model"), "joblib-zlib").read_bytes() == b"model"
    assert not saved.exists()


def test_an_artifact_that_was_damaged_is_no_artifact(tmp_path: Path) -> None:
    saved = tmp_path / "joblib.joblib"
    saved.write_bytes(b"model")
    sha256 = digest(b"model")
    with Store(tmp_path / "state") as store:
        assert not store.has_artifact(sha256, "joblib")
        store.keep_artifact(saved, "joblib", sha256)
        assert store.has_artifact(sha256, "joblib")
    with Store(tmp_path / "state") as store:
        store.artifact(sha256, "joblib").write_bytes(b"modem")
        assert not store.has_artifact(sha256, "joblib")


def test_rows_that_were_damaged_are_written_again(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.keep_content(digest(b"rows"), b"rows")
        store.rows_file(digest(b"rows")).write_bytes(b"cows")
    with Store(tmp_path) as store:
        assert store.rows_file(digest(b"rows")).read_bytes() == b"rows"


def test_rows_are_given_to_workers_as_files(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.keep_content(digest(b"rows"), b"rows")
        assert store.rows_file(digest(b"rows")).read_bytes() == b"rows"
        with pytest.raises(KeyError):
            store.rows_file(digest(b"others"))


def test_the_last_run_is_the_last_that_came_to_its_end(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert store.last_run() is None
        first = store.begin_run("{}")
        store.keep_cells(first, [(1, "b"), (0, "a")])
        store.end_run(first, '{"first": true}')
        store.begin_run("{}")  # cut off
        assert store.last_run() == (first, '{"first": true}')
        assert list(store.cells(first)) == ["a", "b"]


def test_old_runs_make_room(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for number in range(8):
            run = store.begin_run("{}")
            store.keep_cells(run, [(0, str(number))])
            store.end_run(run, "{}")
        assert list(store.cells(run)) == ["7"]
        assert list(store.cells(run - 6)) == []
