"""The files of a worker are read without following links, blocking or trust."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.executors import protocol, untrusted_files
from matrix.executors.untrusted_files import BreachError, Tail, take, watch

POSIX = pytest.mark.skipif(os.name != "posix", reason="links and pipes are of POSIX")

LOAD = {
    "contents": [],
    "warnings": [],
    "seconds": 0.5,
    "outputs": {},
    "repeats": {},
    "load_seconds": 0,
}


def place(content: bytes, offset: int = 0) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"digest": digest, "offset": offset, "size": len(content)}


def test_lines_are_read_as_they_are_added(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    tail = Tail(journal, 100)
    assert list(tail.lines()) == []
    journal.write_bytes(b"one\ntw")
    assert list(tail.lines()) == [b"one"]
    with journal.open("ab") as file:
        file.write(b"o\n")
    assert list(tail.lines()) == [b"two"]


@POSIX
@pytest.mark.parametrize("kind", ["link", "second name", "pipe", "folder", "another", "gone"])
def test_a_replaced_file_is_not_read(tmp_path: Path, kind: str) -> None:
    journal, secret = tmp_path / "journal", tmp_path / "secret"
    journal.write_bytes(b"one\n")
    secret.write_bytes(b"two\nthree\n")
    tail = Tail(journal, 100)
    list(tail.lines())
    journal.rename(tmp_path / "old")
    make = {
        "link": lambda: journal.symlink_to(secret),
        "second name": lambda: journal.hardlink_to(secret),
        "pipe": lambda: os.mkfifo(journal),
        "folder": journal.mkdir,
        "another": lambda: journal.write_bytes(b"one\ntwo\n"),
        "gone": lambda: None,
    }
    make[kind]()
    with pytest.raises(BreachError, match="journal"):
        list(tail.lines())


def test_reads_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted_files, "LINE", 10)
    journal = tmp_path / "journal"
    journal.write_bytes(b"x" * 11)
    with pytest.raises(BreachError, match="a line"):
        list(Tail(journal, 100).lines())
    with pytest.raises(BreachError, match="has more than"):
        list(Tail(journal, 5).lines())


def test_contents_must_have_their_digest(tmp_path: Path) -> None:
    file = tmp_path / "contents"
    file.write_bytes(b"onetwo")
    both = [place(b"one"), place(b"two", 3)]
    assert sorted(take(file, both).values()) == [b"one", b"two"]
    file.write_bytes(b"onetoo")
    with pytest.raises(BreachError, match="content that was announced"):
        take(file, both)
    file.write_bytes(b"one")
    with pytest.raises(BreachError, match="cut short"):
        take(file, both)
    with pytest.raises(BreachError, match="fewer rows"):
        take(file, [{**place(b"one"), "size": untrusted_files.CONTENTS + 1}])


def test_a_folder_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(bytes(100_000))
    watch(tmp_path)
    monkeypatch.setattr(untrusted_files, "FILES", 1)
    with pytest.raises(BreachError, match="files"):
        watch(tmp_path)
    monkeypatch.setattr(untrusted_files, "FILES", 10)
    monkeypatch.setattr(untrusted_files, "FOLDER", 50_000)
    with pytest.raises(BreachError, match="wrote more"):
        watch(tmp_path)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"{}", b'{"done": 0}', b'{"begin": "0"}', b"[" * 100_000]
)
def test_a_line_that_no_worker_writes_is_a_breach(text: bytes) -> None:
    with pytest.raises(BreachError):
        protocol.line(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_answer_is_accepted_or_a_breach(value: Any) -> None:
    for name in LOAD:
        try:
            protocol.check_answer("load", {**LOAD, name: value}, {})
        except BreachError:
            continue
        assert name in ("contents", "warnings", "seconds", "load_seconds")
        assert json.dumps(value) in ("[]", str(value))


def test_an_answer_refers_only_to_contents_that_are_sent_or_known() -> None:
    digest = "0" * 64
    answer = {**LOAD, "outputs": {"predict": {"digest": digest}}}
    protocol.check_answer("load", answer, {"known": {"predict": digest}})
    with pytest.raises(BreachError, match="contents that it does not have"):
        protocol.check_answer("load", answer, {"known": {}})


def test_a_worker_cannot_report_its_own_ending() -> None:
    with pytest.raises(BreachError, match="no worker gives"):
        protocol.check_answer("load", {"ending": "finished", "reason": ""}, {})


def located(folder: Path, name: str, content: bytes = b"model") -> dict[str, Any]:
    """What is found of a file that a worker names, when its digest is of these bytes."""
    entry = {
        "path": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "seconds": 0,
    }
    untrusted_files.locate(folder, [entry, {"raised": {}}])
    return entry


def test_a_file_that_a_worker_names_is_found_in_its_folder(tmp_path: Path) -> None:
    name = "resaved-0-joblib-zlib.joblib.z"
    (tmp_path / name).write_bytes(b"model")
    assert located(tmp_path, name)["path"] == str(tmp_path / name)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "request.json", "resaved-0-a/b.pkl", ""])
def test_a_file_that_a_worker_may_not_write_is_not_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(BreachError, match="may not write"):
        located(tmp_path, name)


@POSIX
def test_a_file_with_other_content_is_refused(tmp_path: Path) -> None:
    name, secret = "resaved-0-pickle.pkl", tmp_path / "secret"
    with pytest.raises(BreachError, match="is gone"):
        located(tmp_path, name)
    secret.write_bytes(b"model")
    (tmp_path / name).symlink_to(secret)
    with pytest.raises(BreachError, match="no longer a regular file"):
        located(tmp_path, name)
    (tmp_path / name).unlink()
    (tmp_path / name).write_bytes(b"another")
    with pytest.raises(BreachError, match="content that was announced"):
        located(tmp_path, name)
