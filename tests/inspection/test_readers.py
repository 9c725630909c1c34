"""A process for each file, forked by one that has imported what reads files."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.errors import NotAModelError
from matrix.inspection import InspectionLimits, inspect_in_subprocess, readers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks readers")


@pytest.fixture(autouse=True)
def own_readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[readers.ReaderProcess]]:
    idle: list[readers.ReaderProcess] = []
    monkeypatch.setattr(readers, "_idle", idle)
    yield idle
    for reader in idle:
        reader.end()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"a": [1.5, 2.5]}))
    return path


def test_one_reader_reads_many_files(model: Path, own_readers: list[readers.ReaderProcess]) -> None:
    first = inspect_in_subprocess(model)
    (reader,) = own_readers
    assert inspect_in_subprocess(model) == first
    assert own_readers == [reader]


def test_what_a_limit_ends_is_said_of_that_file_alone(model: Path) -> None:
    with pytest.raises(NotAModelError, match=r"memory|cannot be read"):
        inspect_in_subprocess(model, InspectionLimits(memory=1024**2))
    assert inspect_in_subprocess(model).sha256


def test_a_reader_that_died_is_replaced(
    model: Path, own_readers: list[readers.ReaderProcess]
) -> None:
    inspect_in_subprocess(model)
    (reader,) = own_readers
    os.kill(reader._process.pid, signal.SIGKILL)
    reader._process.wait()
    assert inspect_in_subprocess(model).sha256
    assert own_readers != [reader]


def test_a_reader_that_takes_too_long_ends_with_its_process(
    model: Path, own_readers: list[readers.ReaderProcess]
) -> None:
    inspect_in_subprocess(model)
    (reader,) = own_readers
    os.kill(reader._process.pid, signal.SIGSTOP)
    with pytest.raises(NotAModelError, match="too busy"):
        inspect_in_subprocess(model, InspectionLimits(seconds=0.001))
    assert own_readers == []
    assert reader.ended
