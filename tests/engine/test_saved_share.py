"""What a shard publishes, the others take in whole or not at all."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import environment, pipeline

from matrix.engine.saved_share import SavedShare, file_of, publish, slice_of, take_in
from matrix.errors import CannotTellError, UsageError
from matrix.model import Ending, Evidence, Shard
from matrix.store import Store
from matrix.store.worker_answers import WorkerAnswer

FILE, ROWS, OUTPUT = b"a saved model", b"rows", b"an output"
EVIDENCE = Evidence.of(
    by_source={"declared": 3},
    faults=2,
    live=2,
    noticed=1,
    leaves=0,
    reached=0,
    complete=True,
    constant=False,
)
FIRST, SECOND = (Shard(index=index, count=2, plan="p") for index in (1, 2))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def answer() -> WorkerAnswer:
    """Of a writer."""
    return {
        "contents": [],
        "warnings": [],
        "seconds": 0.5,
        "rows": digest(ROWS),
        "truth": None,
        "only": False,
        "estimators": ["Ridge"],
        "outputs": {"predict": {"digest": digest(OUTPUT)}},
        "artifacts": {"joblib": {"sha256": digest(FILE), "size": len(FILE), "seconds": 0.1}},
    }


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[Store]:
    """The store of a shard that has saved one pipeline."""
    with Store(tmp_path / "saver") as store:
        saved = store.scratch() / "model"
        saved.write_bytes(FILE)
        store.keep_artifact(saved, "joblib", digest(FILE))
        for data in (ROWS, OUTPUT):
            store.keep_content(digest(data), data)
        yield store


@pytest.fixture
def loader(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "loader") as store:
        yield store


def shares() -> tuple[SavedShare, SavedShare]:
    first = SavedShare(
        environments={"sklearn-1.3": environment("1.3")},
        answers={("sklearn-1.3", "ridge"): answer()},
        evidence={"ridge": EVIDENCE},
        measured_in={"ridge": "sklearn-1.3"},
    )
    ended = {"ending": Ending.TIMED_OUT.value, "reason": "too slow"}
    second = SavedShare(
        environments={"sklearn-1.5": environment("1.5")},
        answers={("sklearn-1.5", "ridge"): ended},
        evidence={"svr": None},
        measured_in={"svr": "sklearn-1.5"},
    )
    return first, second


def published(folder: Path, store: Store) -> Path:
    first, second = shares()
    publish(folder, FIRST, first, store)
    return publish(folder, SECOND, second, store)


def test_all_that_the_shards_saved_is_there_again(
    tmp_path: Path, saver: Store, loader: Store
) -> None:
    published(tmp_path / "saved", saver)
    found = take_in(tmp_path / "saved", SECOND, loader)
    first, second = shares()
    assert found.environments == {**first.environments, **second.environments}
    assert found.answers == {**first.answers, **second.answers}
    assert found.evidence == {"ridge": EVIDENCE, "svr": None}
    assert loader.has_artifact(digest(FILE), "joblib")
    assert loader.has_contents([digest(ROWS), digest(OUTPUT)])
    assert found.savings()["sklearn-1.5", "ridge"].ending is Ending.TIMED_OUT


def test_evidence_that_one_machine_would_measure_elsewhere_is_left_out(
    tmp_path: Path, saver: Store, loader: Store
) -> None:
    published(tmp_path, saver)
    found = take_in(tmp_path, FIRST, loader)
    same = {"ridge": "sklearn-1.3", "svr": "sklearn-1.5"}
    assert found.measured_as(same).evidence == found.evidence
    assert found.measured_as({**same, "ridge": "sklearn-1.5"}).evidence == {"svr": None}
    assert found.measured_as({}).evidence == {}


def test_a_shard_that_has_published_nothing_is_named(
    tmp_path: Path, saver: Store, loader: Store
) -> None:
    published(tmp_path, saver).unlink()
    with pytest.raises(CannotTellError, match=r"1 of 2 shards have saved nothing .*: 2/2"):
        take_in(tmp_path, FIRST, loader)


def test_a_share_of_another_plan_is_refused(tmp_path: Path, saver: Store, loader: Store) -> None:
    published(tmp_path, saver)
    with pytest.raises(UsageError, match="is of another plan"):
        take_in(tmp_path, Shard(index=1, count=2, plan="q"), loader)


@pytest.mark.parametrize("lost", [f"artifacts/{digest(FILE)}", f"contents/{digest(ROWS)}"])
@pytest.mark.parametrize("instead", [None, b"something else"])
def test_a_share_that_lacks_something_or_has_something_else_is_damaged(
    tmp_path: Path, saver: Store, loader: Store, lost: str, instead: bytes | None
) -> None:
    published(tmp_path, saver)
    file = file_of(tmp_path, FIRST)
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    del members[lost]
    if instead is not None:
        members[lost] = instead
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(CannotTellError, match="is damaged"):
        take_in(tmp_path, FIRST, loader)


def test_a_file_that_was_cut_off_is_damaged(tmp_path: Path, saver: Store, loader: Store) -> None:
    published(tmp_path, saver)
    file = file_of(tmp_path, FIRST)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(CannotTellError, match="is damaged"):
        take_in(tmp_path, FIRST, loader)


def test_each_pipeline_is_saved_in_the_newest_environment_by_one_shard() -> None:
    pipelines = [pipeline(name) for name in "abcdefg"]
    parts = [slice_of(pipelines, Shard(index=index, count=3)) for index in (1, 2, 3)]
    assert sorted(one.id for part in parts for one in part) == list("abcdefg")
