"""What is in the environment store, how large it is, and the removal of what is old."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from matrix.environments.environment_store import EnvironmentStore
from matrix.environments.records import read_record
from matrix.errors import StoreError

_BLOCK = 512
"""Bytes in a block of ``st_blocks``, on every system that has them."""

File = tuple[int, int]
"""Device and number: equal for all hard links to a file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEnvironment:
    """An environment in the store."""

    key: str
    python: str
    """Its version; empty if the environment is unavailable or incomplete."""
    scikit_learn: str
    """Its version; empty as for ``python``."""
    problem: str
    """Why it cannot be used; empty if it can."""
    size: int
    """In bytes on the disk; files that other environments share count here too."""
    last_used: datetime
    in_use: bool
    """Whether a process uses it now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreContents:
    """All environments in the store."""

    environments: tuple[StoredEnvironment, ...]
    """The most recently used first."""
    size: int
    """In bytes on the disk, each file counted once, however many hard links it has."""
    shared: int
    """How much of that are files that are linked from elsewhere too: from uv's own cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """What was removed, and what is left."""

    removed: tuple[StoredEnvironment, ...]
    kept_in_use: tuple[StoredEnvironment, ...]
    """Old or too large, and kept because a process uses them."""
    left: int
    """How many environments are left."""
    size: int
    """Of those that are left, as in :class:`StoreContents`."""


def contents(store: EnvironmentStore) -> StoreContents:
    """Return what is in a store.

    Raises:
        StoreError: it cannot be read.
    """
    files = {key: _files(store.environment(key)) for key in store.environment_keys()}
    return StoreContents(
        environments=_environments(store, files),
        size=_total(files),
        shared=_shared(files),
    )


def prune(
    store: EnvironmentStore, *, now: datetime, older_than: timedelta | None, max_size: int | None
) -> Pruned:
    """Remove environments that no process uses.

    Args:
        store: which.
        now: the end of the age.
        older_than: remove what was last used longer ago than this; None keeps it whatever its age.
        max_size: then remove the least recently used until the rest is no larger, in bytes; None
            keeps it whatever its size.

    Raises:
        StoreError: it cannot be read or written.
    """
    files = {key: _files(store.environment(key)) for key in store.environment_keys()}
    removed: list[StoredEnvironment] = []
    kept: list[StoredEnvironment] = []
    for one in reversed(_environments(store, files)):
        too_old = older_than is not None and now - one.last_used > older_than
        too_large = max_size is not None and _total(files) > max_size
        if not (too_old or too_large):
            continue
        if _removed(store, one.key):
            del files[one.key]
            removed.append(one)
        else:
            kept.append(one)
    store.clear_runs()
    return Pruned(
        removed=tuple(removed), kept_in_use=tuple(kept), left=len(files), size=_total(files)
    )


def _removed(store: EnvironmentStore, key: str) -> bool:
    try:
        return store.remove_unused(key)
    except OSError as error:
        raise StoreError(f"{store.environment(key)}: {error.strerror or error}") from error


def _environments(
    store: EnvironmentStore, files: Mapping[str, Mapping[File, os.stat_result]]
) -> tuple[StoredEnvironment, ...]:
    try:
        found = [_environment(store, key, files[key]) for key in files]
    except OSError as error:
        raise StoreError(f"{store.folder}: {error.strerror or error}") from error
    return tuple(sorted(found, key=lambda one: (one.last_used, one.key), reverse=True))


def _environment(
    store: EnvironmentStore, key: str, files: Mapping[File, os.stat_result]
) -> StoredEnvironment:
    record = read_record(store.record_file(key))
    info = None if record is None else record.info
    return StoredEnvironment(
        key=key,
        python="" if info is None else info.python,
        scikit_learn="" if info is None else info.packages.get("scikit-learn", ""),
        problem="incomplete" if record is None else record.reason,
        size=sum(map(_bytes, files.values())),
        last_used=datetime.fromtimestamp(store.last_used(key), timezone.utc),
        in_use=store.in_use(key),
    )


def _total(files: Mapping[str, Mapping[File, os.stat_result]]) -> int:
    once = {file: status for each in files.values() for file, status in each.items()}
    return sum(map(_bytes, once.values()))


def _shared(files: Mapping[str, Mapping[File, os.stat_result]]) -> int:
    """The size of the files with more links than the store has."""
    links: Counter[File] = Counter()
    once: dict[File, os.stat_result] = {}
    for each in files.values():
        links.update(each.keys())
        once.update(each)
    return sum(_bytes(status) for file, status in once.items() if status.st_nlink > links[file])


def _bytes(status: os.stat_result) -> int:
    blocks: int | None = getattr(status, "st_blocks", None)
    return status.st_size if blocks is None else blocks * _BLOCK


def _files(folder: Path) -> dict[File, os.stat_result]:
    """The files in a folder, each once, without following links."""
    return {(status.st_dev, status.st_ino): status for status in _statuses(folder)}


def _statuses(folder: Path) -> Iterator[os.stat_result]:
    waiting: list[str] = [os.fspath(folder)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif os.name == "nt":  # there an entry does not know its number
                    yield os.lstat(entry.path)
                else:
                    yield entry.stat(follow_symlinks=False)
