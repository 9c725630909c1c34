"""Files are taken in once, as they are; one that changed is reported as changed."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from matrix.catalog import WorkerLimits
from matrix.errors import Exit, StoreError, UsageError
from matrix.inspection import Inspection, inspect_in_subprocess
from matrix.store import Store, keys
from matrix.upgrade import intake
from matrix.upgrade.folders import find, sort_out
from matrix.upgrade.intake import read_hashes, take_in
from tests.disks import filled, small_disk


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


def test_what_was_inspected_is_what_is_loaded_even_if_the_file_changes_between(
    store: Store, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = model.read_bytes()

    def changing(*arguments: Any, **named: Any) -> Inspection:
        model.write_bytes(b"cos\nsystem\n.")
        return inspect_in_subprocess(*arguments, **named)

    monkeypatch.setattr(intake, "inspect_in_subprocess", changing)
    (taken,) = take_in([model], store, 1)
    assert taken.inspection is not None
    assert taken.inspection.sha256 == hashlib.sha256(before).hexdigest()
    assert taken.inspection.names == ()
    assert store.artifact(taken.inspection.sha256, taken.format).read_bytes() == before


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


def sparse(path: Path, head: bytes, size: int) -> Path:
    """A file of zeros behind a head, which takes next to no room on the disk."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    if path.stat().st_blocks * 512 > size / 2:
        pytest.skip("this file system has no holes")
    return path


def room(folder: Path) -> int:
    """The bytes that the files in a folder take on the disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


HUGE = 8 * 1024**3


def bytes_pickle(size: int) -> bytes:
    """The head of a pickle of so many bytes."""
    return b"\x80\x04\x8e" + size.to_bytes(8, "little")


@pytest.mark.skipif(os.name == "nt", reason="holes are counted as on POSIX")
@pytest.mark.parametrize("head", [b"", b"a,b\n1,2\n", b"\x80\x04\x95", b"PK\x03\x04"])
def test_a_huge_file_of_holes_is_refused_and_takes_no_room(
    store: Store, tmp_path: Path, head: bytes
) -> None:
    path = sparse(tmp_path / "model.pkl", head, HUGE)
    (taken,) = take_in([path], store, 1)
    assert taken.problem is not None
    assert taken.problem.exit_code is Exit.CANNOT_TELL
    assert room(store.folder) < 1024**2


@pytest.mark.skipif(os.name == "nt", reason="holes are counted as on POSIX")
def test_the_limit_for_a_model_is_named_and_can_be_set(store: Store, tmp_path: Path) -> None:
    size = 100 * 1024**2
    path = sparse(tmp_path / "model.pkl", bytes_pickle(size - 12), size)
    with path.open("r+b") as file:
        file.seek(size - 1)
        file.write(b".")
    (taken,) = take_in([path], store, 1, most_mb=50)
    assert taken.problem is not None
    assert "has 100 MB, more than 50 MB, the limit for a model" in taken.problem.message
    assert "model-mb = 200" in taken.problem.advice
    (taken,) = take_in([path], store, 1, most_mb=200)
    assert taken.problem is None
    assert taken.inspection is not None
    copy = store.artifact(taken.inspection.sha256, taken.format)
    assert copy.stat().st_size == size
    assert copy.read_bytes() == path.read_bytes()
    assert room(store.folder) < 4 * 1024**2


def test_a_recorded_digest_decides_whatever_the_file_is_now(store: Store, tmp_path: Path) -> None:
    files = {
        "empty.pkl": b"",
        "text.pkl": b"hello\n",
        "cut.pkl": pickle.dumps([1, 2])[:-2],
        "refused.pkl": b"cos\nsystem\n(S'true'\ntR.",
        "data.csv": b"a,b\n1,2\n",
        "archive.bin": b"PK\x03\x04",
    }
    models = tmp_path / "models"
    models.mkdir()
    for name, content in files.items():
        (models / name).write_bytes(content)
    recorded = {models / name: "ab" * 32 for name in files}
    found = find([models], recorded)
    taken = take_in(list(found.files), store, 2, recorded)
    models_found, passed_over = sort_out(taken, found)
    assert passed_over == ()
    assert {one.path.name for one in models_found} == set(files)
    for one in models_found:
        assert one.problem is not None
        assert one.problem.message.startswith("file changed"), one.path


def test_a_full_disk_is_called_that(tmp_path: Path, model: Path) -> None:
    disk = tmp_path / "small"
    with small_disk(disk, 2):
        model.write_bytes(pickle.dumps(os.urandom(4 * 1024**2)))
        with Store(disk / "state") as store:
            (taken,) = take_in([model], store, 1)
    assert taken.problem is not None
    assert "cannot be copied to" in taken.problem.message
    assert "No space left" in taken.problem.message
    assert "--state" in taken.problem.advice


def test_a_result_that_cannot_be_written_is_no_fault_of_the_file(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "small"
    with small_disk(disk, 1):
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        with filled(disk), pytest.raises(StoreError, match="the disk is full"):
            inspect_in_subprocess(model)


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


def test_a_pmml_model_needs_java_which_is_said_before_anything_is_built(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.pmml"
    path.write_text('<PMML version="4.4"><TreeModel/></PMML>')
    monkeypatch.setenv("PATH", str(tmp_path))
    (model,) = take_in([path], store, 1)
    assert model.problem is not None
    assert model.problem.message.startswith("Java runs PMML models")


# --------------------------------------------------------------------------- inspected once


def test_a_file_that_was_inspected_is_not_inspected_again(
    tmp_path: Path, model: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = take_in([model], store, 1)
    other = tmp_path / "other.pkl"
    other.write_bytes(model.read_bytes())
    monkeypatch.setattr(intake, "inspect_with_files", lambda *_: pytest.fail("inspected"))
    (second,) = take_in([other], store, 1)
    assert first.inspection is not None
    assert second.inspection == replace(first.inspection, path=other)


def test_a_file_is_inspected_again_for_other_limits_by_other_code_and_by_fresh(
    model: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []
    inspect = intake.inspect_with_files

    def noted(path: Path, *given: Any) -> Any:
        seen.append(path)
        return inspect(path, *given)

    monkeypatch.setattr(intake, "inspect_with_files", noted)
    take_in([model], store, 1)
    take_in([model], store, 1, fresh=True)
    assert len(seen) == 2
    take_in([model], store, 1, most_mb=50)
    assert len(seen) == 3
    monkeypatch.setattr(keys, "inspection", lambda: "other code")
    take_in([model], store, 1)
    assert len(seen) == 4


@pytest.mark.parametrize("damaged", [{}, {"sha256": 1}, {"nothing": "of it"}])
def test_a_damaged_record_of_an_inspection_is_not_used(
    model: Path, store: Store, damaged: dict[str, object]
) -> None:
    (first,) = take_in([model], store, 1)
    assert first.inspection is not None
    limits = asdict(intake.most_bytes(WorkerLimits().model_mb))
    key = keys.of("inspection", first.inspection.sha256, limits, keys.inspection())
    assert store.answer(key) is not None
    store.keep_answer(key, damaged)
    assert take_in([model], store, 1)[0].inspection == first.inspection
