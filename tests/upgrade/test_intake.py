"""Files are taken in once, as they are; one that changed is reported as changed."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.errors import Exit, UsageError
from matrix.store import Store
from matrix.upgrade.intake import read_hashes, take_in


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"a": 1}))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_environments_see_a_copy_that_nobody_writes_to(store: Store, model: Path) -> None:
    (taken,) = take_in([model], store, 1)
    copy = store.artifact(sha256(model), taken.format)
    assert copy.read_bytes() == model.read_bytes()
    assert copy.stat().st_mode & 0o222 == 0
    model.write_bytes(b"another")
    assert store.has_artifact(copy.stem, taken.format)


def test_a_file_that_is_not_what_was_recorded_is_reported_as_changed(
    store: Store, model: Path
) -> None:
    (taken,) = take_in([model], store, 1, {model: "ab" * 32})
    assert taken.problem is not None
    assert taken.problem.message.startswith("file changed: its SHA-256 is " + sha256(model))
    assert taken.problem.exit_code is Exit.UNSAFE
    (same,) = take_in([model], store, 1, {model: sha256(model)})
    assert same.problem is None


def test_a_file_that_was_another_one_before_has_a_note(store: Store, model: Path) -> None:
    assert take_in([model], store, 1)[0].notes == ()
    assert take_in([model], store, 1)[0].notes == ()
    before = sha256(model)
    model.write_bytes(pickle.dumps({"a": 2}))
    (note,) = take_in([model], store, 1)[0].notes
    assert before[:12] in note


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_pipe_and_a_link_to_one_are_never_opened(store: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pkl")
    (tmp_path / "link.pkl").symlink_to(tmp_path / "pipe.pkl")
    for taken in take_in([tmp_path / "pipe.pkl", tmp_path / "link.pkl"], store, 2):
        assert taken.problem is not None
        assert "is a pipe" in taken.problem.message


def test_a_link_to_a_file_is_that_file(store: Store, model: Path, tmp_path: Path) -> None:
    (tmp_path / "link.pkl").symlink_to(model)
    (taken,) = take_in([tmp_path / "link.pkl"], store, 1)
    assert taken.inspection is not None
    assert taken.inspection.sha256 == sha256(model)


def test_hashes_are_read_as_sha256sum_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "models.sha256"
    file.write_text(f"{'ab' * 32}  models/a b.pkl\n{'CD' * 32} *c.pkl\n")
    assert read_hashes(file) == {
        tmp_path / "models" / "a b.pkl": "ab" * 32,
        tmp_path / "c.pkl": "cd" * 32,
    }


@pytest.mark.parametrize("text", ["nonsense", "ab  a.pkl", f"{'ab' * 32}", "\x00"])
def test_what_is_no_file_of_hashes_is_a_mistake(tmp_path: Path, text: str) -> None:
    file = tmp_path / "models.sha256"
    file.write_text(text)
    with pytest.raises(UsageError, match="line 1"):
        read_hashes(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_hashes(tmp_path)
