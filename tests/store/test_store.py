"""Stored results are durable, and damage is noticed."""

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
def test_a_damaged_or_swapped_answer_counts_as_missing(tmp_path: Path, statement: str) -> None:
    with Store(tmp_path) as store:
        store.keep_answer("key", ANSWER)
        store.keep_answer("other", {"seconds": 1.0})
    damage(tmp_path, statement)
    with Store(tmp_path) as store:
        assert store.answer("key") is None


def test_a_damaged_content_counts_as_missing(tmp_path: Path) -> None:
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
    with Store(tmp_path), pytest.raises(StoreError, match="another run is using"):
        Store(tmp_path)
    with Store(tmp_path):
        pass


def test_a_file_where_the_folder_should_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StoreError, match="cannot be kept"):
        Store(tmp_path / "state")


def test_a_file_that_is_not_a_database_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "results.sqlite").write_text("not a database " * 100)
    with Store(tmp_path) as store:
        assert store.set_aside == tmp_path / "results.sqlite.damaged"
        assert store.set_aside.read_text().startswith("not a database")
        store.keep_answer("key", ANSWER)
    with Store(tmp_path) as store:
        assert store.set_aside is None
        assert store.answer("key") == ANSWER


def test_a_database_that_was_cut_short_is_set_aside(tmp_path: Path) -> None:
    fill(tmp_path)
    os.truncate(tmp_path / "results.sqlite", 4096 * 2 + 100)
    with Store(tmp_path) as store:
        assert store.set_aside is not None
        assert store.answer("0") is None


def test_damage_found_during_use_is_reported_and_set_aside_for_the_next_run(
    tmp_path: Path,
) -> None:
    fill(tmp_path)
    size = (tmp_path / "results.sqlite").stat().st_size
    with (tmp_path / "results.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with pytest.raises(StoreError, match="damaged"), Store(tmp_path) as store:
        store.answer("0")
    with Store(tmp_path) as store:
        assert store.answer("0") is None
    assert (tmp_path / "results.sqlite.damaged").exists()


def fill(folder: Path) -> None:
    with Store(folder) as store:
        for number in range(100):
            store.keep_answer(str(number), {"noise": os.urandom(500).hex()})


def test_garbage_in_the_log_does_not_damage_earlier_results(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "results.sqlite-wal").write_bytes(os.urandom(10_000))
    with Store(tmp_path) as store:
        assert store.set_aside is None
        assert store.answer("99") is not None


def test_a_damaged_content_is_replaced_by_what_is_computed_anew(tmp_path: Path) -> None:
    data = b"content" * 100
    with Store(tmp_path) as store:
        store.keep_content(digest(data), data)
    damage(tmp_path, "UPDATE contents SET data = x'1234'")
    with Store(tmp_path) as store:
        store.keep_content(digest(data), data)
        assert store.content(digest(data)) == data


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


def test_a_damaged_artifact_counts_as_missing(tmp_path: Path) -> None:
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


def test_the_answer_of_a_refused_load_is_never_stored(tmp_path: Path) -> None:
    from matrix.model import Ending
    from matrix.store.worker_answers import observation, reference

    answer = {"refused": "os.system", "contents": [], "warnings": [], "seconds": 0.1}
    with Store(tmp_path) as store:
        store.keep("key", answer, {})
        assert store.answer("key") is None
    seen = observation(answer)
    assert (seen.ending, "os.system" in seen.reason) == (Ending.NOT_RUN, True)
    common = {"pipeline": "m", "format_name": "joblib", "sha256": "0", "size": 1, "writer": "w"}
    assert "os.system" in reference(answer, **common).saving.reason
