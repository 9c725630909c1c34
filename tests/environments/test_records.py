"""What passes between the engine and the sessions, and when an environment is current."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from matrix.environments.building import build, compare
from matrix.environments.environment_store import EnvironmentStore, environment_key
from matrix.environments.reasons import UnavailableError
from matrix.environments.records import (
    BuildRequest,
    Record,
    lock_digest,
    metadata_folders,
    read_record,
    read_requests,
    write_record,
    write_requests,
)
from matrix.model import EnvInfo, Interpreter, Lock, UnavailableReason

LOCK = Lock(
    interpreter=Interpreter(path=Path("/usr/bin/python3.12"), version="3.12.1"),
    pins={"numpy": "1.26.2", "scikit-learn": "1.3.2"},
    as_of=date(2023, 11, 13),
)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    site = tmp_path / "site"
    for name in ("numpy-1.26.2.dist-info", "scikit_learn-1.3.2.dist-info", "numpy"):
        (site / name).mkdir(parents=True)
    python = tmp_path / "python"
    python.touch()
    info = EnvInfo(python="3.12.1", platform="Linux", executable=python, packages=dict(LOCK.pins))
    installed = metadata_folders(site)
    return Record(digest=lock_digest(LOCK), info=info, site=site, installed=installed)


def test_what_is_written_is_read(tmp_path: Path, record: Record) -> None:
    """Records and requests come back equal; what is damaged is not there."""
    write_record(tmp_path / "r.json", LOCK, record)
    assert read_record(tmp_path / "r.json") == record
    failed = replace(
        record, info=None, reason="does not import: x", why=UnavailableReason.NO_IMPORT
    )
    write_record(tmp_path / "r.json", LOCK, failed)
    assert read_record(tmp_path / "r.json") == failed
    request = BuildRequest(id="a", label="b", envs=tmp_path, lock=LOCK, spec_digest="x")
    write_requests(tmp_path / "w.json", [request, replace(request, lock=None)])
    assert read_requests(tmp_path / "w.json") == (request, replace(request, lock=None))
    for text in ("", "{", "[]", '{"version": 2}', '{"version": 3}', '{"version": 4}'):
        (tmp_path / "r.json").write_text(text)
        assert read_record(tmp_path / "r.json") is None
        assert read_requests(tmp_path / "r.json") == ()


def test_current_is_what_stands_as_locked(record: Record) -> None:
    """Another lock, another package, or no interpreter: each makes it stale."""
    assert record.is_current(LOCK)
    assert not record.is_current(replace(LOCK, pins={**LOCK.pins, "numpy": "1.26.3"}))
    other = replace(LOCK.interpreter, version="3.12.2")
    assert not record.is_current(replace(LOCK, interpreter=other))
    assert record.site is not None
    (record.site / "numpy-1.26.2.dist-info").rename(record.site / "numpy-2.0.0.dist-info")
    assert not record.is_current(LOCK)
    (record.site / "numpy-2.0.0.dist-info").rename(record.site / "numpy-1.26.2.dist-info")
    assert record.is_current(LOCK)
    assert record.info is not None
    record.info.executable.unlink()
    assert not record.is_current(LOCK)


def test_an_environment_that_was_changed_is_not_replaced_while_a_run_uses_it(
    record: Record, envs: Path
) -> None:
    """The run would load models from files that are gone; both answers would be wrong."""
    store, key = EnvironmentStore(envs), environment_key(LOCK)
    store.virtualenv(key).mkdir(parents=True)
    write_record(
        store.record_file(key), LOCK, replace(record, installed=("numpy-1.25.0.dist-info",))
    )
    request = BuildRequest(id="a", label="b", envs=envs, lock=LOCK)
    store.use(key)
    found = build(request, lambda _: None)
    assert "was changed after it was built, and another run uses it" in found.reason
    assert found.why is UnavailableReason.OTHER
    assert store.virtualenv(key).exists()
    assert read_record(store.record_file(key)) == found
    assert store.current(LOCK) is None
    store.release(key)
    again = build(request, lambda _: None)
    assert "another run" not in again.reason
    assert not store.virtualenv(key).exists()


def test_what_never_worked_is_built_again_although_a_run_waits_for_it(envs: Path) -> None:
    store, key = EnvironmentStore(envs), environment_key(LOCK)
    store.environment(key).mkdir(parents=True)
    failed = Record(digest=lock_digest(LOCK), reason="the registry does not answer")
    write_record(store.record_file(key), LOCK, failed)
    store.use(key)
    found = build(BuildRequest(id="a", label="b", envs=envs, lock=LOCK), lambda _: None)
    store.release(key)
    assert found.reason
    assert "another run" not in found.reason


def test_a_failure_is_kept_if_it_would_come_again() -> None:
    """What does not import will not import tomorrow; a registry may be back."""
    failed = Record(digest=lock_digest(LOCK), reason="does not import", final=True)
    assert failed.is_current(LOCK)
    assert not replace(failed, final=False).is_current(LOCK)


def test_every_difference_is_reported(record: Record) -> None:
    """Refused is what misses something, has something else, or something more."""
    assert record.info is not None
    compare(LOCK, record.info)
    packages = {"numpy": "2.0.0", "pip": "24.0"}
    with pytest.raises(UnavailableError) as caught:
        compare(LOCK, replace(record.info, python="3.11.7", packages=packages))
    assert str(caught.value) == (
        "not what was asked for: Python 3.11.7 instead of 3.12.1; numpy 2.0.0 instead of 1.26.2;"
        " pip 24.0 is not in the lock; scikit-learn 1.3.2 is not installed"
    )
