"""Results can be read without write permission, and while a run writes them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.errors import StoreError
from matrix.store import Store

from ..disks import read_only

ANSWER = {"seconds": 0.5}


def kept(folder: Path) -> Path:
    with Store(folder) as store:
        store.keep_answer("key", ANSWER)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def killed_while_writing(folder: Path) -> Path:
    """A folder as a killed run leaves it: its newest answer is in the log alone."""
    with Store(kept(folder)) as store:
        store.keep_answer("newest", ANSWER)
        store.commit()
        left = folder.with_name("left")
        shutil.copytree(folder, left)
    return left


def test_a_folder_that_is_not_there_is_empty_and_is_not_made(tmp_path: Path) -> None:
    with Store(tmp_path / "state", read_only=True) as store:
        assert store.runs.last() is None
        assert store.answer("key") is None
    assert not (tmp_path / "state").exists()


def test_reading_goes_on_beside_a_run_and_sees_one_moment(tmp_path: Path) -> None:
    with Store(kept(tmp_path)) as run:
        with Store(tmp_path, read_only=True) as reader:
            run.keep_answer("later", ANSWER)
            run.commit()
            assert reader.answer("key") == ANSWER
            assert reader.answer("later") is None
        with Store(tmp_path, read_only=True) as reader:
            assert reader.answer("later") == ANSWER


def test_reading_cannot_write(tmp_path: Path) -> None:
    with Store(kept(tmp_path), read_only=True) as store, pytest.raises(StoreError):
        store.keep_answer("other", ANSWER)


def test_a_reader_does_not_set_a_damaged_database_aside(tmp_path: Path) -> None:
    (tmp_path / "results.sqlite").write_text("not a database " * 100)
    with pytest.raises(StoreError, match="damaged"):
        Store(tmp_path, read_only=True)
    assert list(files(tmp_path)) == ["results.sqlite"]


def test_a_reader_minds_the_version(tmp_path: Path) -> None:
    with sqlite3.connect(kept(tmp_path) / "results.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="another version"):
        Store(tmp_path, read_only=True)


def test_a_folder_that_may_not_be_written_to_can_be_read(tmp_path: Path) -> None:
    folder = kept(tmp_path / "state")
    with read_only(folder), Store(folder, read_only=True) as store:
        assert store.answer("key") == ANSWER


def test_what_a_killed_run_left_in_its_log_is_read_there_too(tmp_path: Path) -> None:
    left = killed_while_writing(tmp_path / "state")
    assert (left / "results.sqlite-wal").stat().st_size
    with read_only(left), Store(left, read_only=True) as store:
        assert store.answer("newest") == ANSWER


def test_an_unreadable_log_is_an_error(tmp_path: Path) -> None:
    left = killed_while_writing(tmp_path / "state")
    (left / "results.sqlite-shm").unlink()
    with read_only(left), pytest.raises(StoreError, match=r"in results\.sqlite-wal"):
        Store(left, read_only=True)
    with Store(left) as store:
        assert store.answer("newest") == ANSWER


@pytest.mark.parametrize("make", [kept, killed_while_writing])
def test_a_run_without_write_permission_reports_it_and_damages_nothing(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    folder = make(tmp_path / "state")
    before = files(folder)
    with read_only(folder), pytest.raises(StoreError, match="cannot be kept in") as caught:
        Store(folder)
    assert "--state" in caught.value.advice
    assert files(folder) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_database_that_may_not_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    (kept(tmp_path) / "results.sqlite").chmod(0o400)
    with pytest.raises(StoreError, match="cannot be kept in"):
        Store(tmp_path)
