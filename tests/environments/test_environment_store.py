"""The folder of all environments: what they are found by, who uses them, what is removed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from matrix.environments.environment_store import EnvironmentStore, environment_key
from matrix.model import Interpreter, Lock

LOCK = Lock(
    interpreter=Interpreter(path=Path("/usr/bin/python3.12"), version="3.12.1"),
    pins={"numpy": "1.26.2", "scikit-learn": "1.3.2"},
    as_of=date(2023, 11, 13),
)
_USE = """
import sys
from pathlib import Path
from matrix.environments.environment_store import EnvironmentStore
EnvironmentStore(Path(sys.argv[1])).use(sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store(envs: Path) -> EnvironmentStore:
    return EnvironmentStore(envs)


def stands(store: EnvironmentStore, key: str) -> None:
    """Put something that looks like an environment into the store."""
    store.virtualenv(key).mkdir(parents=True)
    (store.virtualenv(key) / "file").write_text("content")
    store.record_file(key).write_text("{}")


def test_equal_pins_on_one_interpreter_are_one_environment(tmp_path: Path) -> None:
    """The day and the project do not count; a link to the interpreter is the same."""
    key = environment_key(LOCK)
    assert key.startswith("sklearn-1.3.2-py3.12-")
    assert environment_key(replace(LOCK, as_of=None)) == key
    assert environment_key(replace(LOCK, pins=dict(reversed(LOCK.pins.items())))) == key
    assert environment_key(replace(LOCK, pins={**LOCK.pins, "numpy": "1.26.3"})) != key
    newer = replace(LOCK.interpreter, version="3.12.2")
    assert environment_key(replace(LOCK, interpreter=newer)) != key
    (tmp_path / "python").touch()
    (tmp_path / "link").symlink_to("python")
    real, link = (
        replace(LOCK, interpreter=replace(LOCK.interpreter, path=tmp_path / name))
        for name in ("python", "link")
    )
    assert environment_key(real) == environment_key(link) != key


def test_what_a_process_uses_is_not_removed(store: EnvironmentStore) -> None:
    """As long as the process lives, and no longer: it need not end in order."""
    key = environment_key(LOCK)
    stands(store, key)
    user = subprocess.Popen(
        [sys.executable, "-c", _USE, str(store.folder), key],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert user.stdout is not None
    assert user.stdout.readline() == b"ready\n"
    assert store.in_use(key)
    assert not store.remove_unused(key)
    assert store.record_file(key).exists()
    user.kill()
    user.communicate()
    assert not store.in_use(key)
    assert store.remove_unused(key)
    assert store.environment_keys() == ()
    assert not list((store.folder / "runs").iterdir())


def test_what_this_process_uses_is_not_removed(store: EnvironmentStore) -> None:
    key = environment_key(LOCK)
    stands(store, key)
    store.use(key)
    store.use(key)
    assert not store.remove_unused(key)
    store.release(key)
    assert store.remove_unused(key)


def test_what_is_being_built_is_not_removed(store: EnvironmentStore) -> None:
    key = environment_key(LOCK)
    stands(store, key)
    with store.build_lock(key):
        assert not store.remove_unused(key)
    assert store.remove_unused(key)


def test_a_use_is_remembered(store: EnvironmentStore) -> None:
    key = environment_key(LOCK)
    stands(store, key)
    os.utime(store.environment(key), (1000, 1000))
    assert store.last_used(key) == 1000
    store.use(key)
    assert time.time() - store.last_used(key) < 3600
    store.release(key)


def test_only_folders_of_runs_that_are_over_are_cleared(store: EnvironmentStore) -> None:
    """A run that is at work holds its lock; one without a lock may just have begun."""
    at_work, killed, begun, forgotten = (store.new_folder() for _ in range(4))
    for folder in (at_work, killed):
        (folder / "alive.lock").touch()
    failed, old_log = store.new_folder(), store.new_folder()
    for folder in (failed, old_log):
        (folder / "nox.log").touch()
    for folder, days in ((forgotten, 2), (failed, 2), (old_log, 8)):
        os.utime(folder, (time.time() - days * 24 * 3600,) * 2)
    with store._lock("runs", at_work.name, "alive.lock"):
        store.clear_runs()
        left = set((store.folder / "runs").iterdir())
    assert left == {at_work, begun, failed}
