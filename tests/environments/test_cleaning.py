"""What the store holds, counted once, and what is removed from it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from matrix.environments.cleaning import contents, prune
from matrix.environments.environment_store import EnvironmentStore

NOW = datetime(2026, 5, 31, tzinfo=timezone.utc)
KILO = b"x" * 4096


@pytest.fixture
def store(envs: Path) -> EnvironmentStore:
    """Three environments of 40 kB; half of each is shared by all of them."""
    store = EnvironmentStore(envs)
    for number, days in enumerate([1, 40, 60]):
        key = f"sklearn-1.{number}"
        folder = store.virtualenv(key)
        folder.mkdir(parents=True)
        (folder / "own").write_bytes(KILO * 5)
        if number:
            os.link(store.virtualenv("sklearn-1.0") / "shared", folder / "shared")
        else:
            (folder / "shared").write_bytes(KILO * 5)
        used = store.environment(key) / "last-used"
        used.touch()
        then = (NOW - timedelta(days=days)).timestamp()
        os.utime(used, (then, then))
    return store


def keys(store: EnvironmentStore) -> set[str]:
    return set(store.environment_keys())


def test_a_file_with_several_links_counts_once(store: EnvironmentStore, tmp_path: Path) -> None:
    found = contents(store)
    assert [one.key for one in found.environments] == ["sklearn-1.0", "sklearn-1.1", "sklearn-1.2"]
    assert [one.size for one in found.environments] == [40960] * 3
    assert found.size == 4 * 20480
    assert found.shared == 0
    os.link(store.virtualenv("sklearn-1.2") / "own", tmp_path / "in uv's cache")
    assert contents(store).shared == 20480
    assert {one.problem for one in found.environments} == {"incomplete"}


def test_what_was_not_used_for_long_is_removed(store: EnvironmentStore) -> None:
    pruned = prune(store, now=NOW, older_than=timedelta(days=30), max_size=None)
    assert {one.key for one in pruned.removed} == {"sklearn-1.1", "sklearn-1.2"}
    assert keys(store) == {"sklearn-1.0"}
    assert (pruned.left, pruned.size) == (1, 40960)


def test_the_least_recently_used_make_room(store: EnvironmentStore) -> None:
    """Removing one gives back its own files; those that others share stay."""
    pruned = prune(store, now=NOW, older_than=None, max_size=3 * 20480)
    assert [one.key for one in pruned.removed] == ["sklearn-1.2"]
    assert (pruned.left, pruned.size) == (2, 3 * 20480)
    assert (store.virtualenv("sklearn-1.0") / "shared").read_bytes() == KILO * 5


def test_what_is_in_use_stays_whatever_its_age(store: EnvironmentStore) -> None:
    """Where it must make room too, more recent ones go instead."""
    with store._lock("uses", "sklearn-1.2", "another-process.lock"):
        pruned = prune(store, now=NOW, older_than=timedelta(days=30), max_size=None)
        assert [one.key for one in pruned.kept_in_use] == ["sklearn-1.2"]
        assert keys(store) == {"sklearn-1.0", "sklearn-1.2"}
        pruned = prune(store, now=NOW, older_than=None, max_size=0)
        assert keys(store) == {"sklearn-1.2"}
    assert contents(store).size == pruned.size == 40960
