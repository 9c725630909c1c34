"""The folder that holds every environment, shared by all projects of a user.

::

    interpreters.json           the Pythons of this machine
    resolved/<key>.json         pins that were found for a day that is past
    environments/<key>/venv/    one environment
    environments/<key>/record.json   what was built; written last
    environments/<key>/last-used     its time of change is the time of the last use
    locks/<key>.lock            held by the process that builds it
    uses/<key>/<id>.lock        held by each process that uses it
    runs/<id>/                  one call of nox: its noxfile, requests, log and temporary files

An environment without a record is incomplete: its builder was killed. The next builder removes it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from matrix import own_folder
from matrix.catalog import Catalog, NamedBy
from matrix.environments.records import Record, lock_digest, read_record
from matrix.errors import StoreError
from matrix.model import Lock
from matrix.remove_tree import remove

_ABANDONED_SECONDS = 24 * 3600.0
"""Age from which the folder of a run without a lock file is removed."""
_LOG_SECONDS = 7 * 24 * 3600.0
"""How long the log of a failed run is kept."""
_held: dict[Path, FileLock] = {}
"""The uses of this process, by the folder of the environment; they last as long as the process."""


def environment_key(lock: Lock) -> str:
    """Return the name of the folder of an environment: equal for equal pins and interpreters.

    The first parts are for people; the digest at the end covers everything.
    """
    release = lock.pins.get("scikit-learn", "none")
    return f"sklearn-{release}-py{lock.interpreter.minor}-{lock_digest(lock)[:16]}"


class EnvironmentStore:
    """The environments in one folder.

    Args:
        folder: made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, catalog: Catalog) -> EnvironmentStore:
        """The store that a catalog names, to use what is in it.

        Raises:
            UsageError: only the configuration names the folder, and it may be a stranger's: what
                is in it would be run.
        """
        if catalog.envs_by is NamedBy.CONFIGURATION:
            own_folder.claim(catalog.envs, catalog.root, key="envs", option="--envs")
        elif catalog.envs_by is NamedBy.USER:
            with contextlib.suppress(StoreError):  # whatever needs to be written says so itself
                own_folder.mark(catalog.envs)
        return cls(catalog.envs)

    @property
    def interpreters_file(self) -> Path:
        """Where the Pythons of this machine are remembered."""
        return self.folder / "interpreters.json"

    @property
    def resolved(self) -> Path:
        """The folder of pins that were found for a past day."""
        return self.folder / "resolved"

    def environment(self, key: str) -> Path:
        """The folder of an environment and its record."""
        return self.folder / "environments" / key

    def virtualenv(self, key: str) -> Path:
        """The virtualenv itself."""
        return self.environment(key) / "venv"

    def record_file(self, key: str) -> Path:
        """The file that says what was built."""
        return self.environment(key) / "record.json"

    def environment_keys(self) -> tuple[str, ...]:
        """The keys of all folders of environments, complete or not, sorted."""
        try:
            return tuple(sorted(path.name for path in (self.folder / "environments").iterdir()))
        except OSError:
            return ()

    def current(self, lock: Lock) -> Record | None:
        """The record of the environment for a lock; None if it must be built."""
        record = read_record(self.record_file(environment_key(lock)))
        return record if record is not None and record.is_current(lock) else None

    # ------------------------------------------------------------------ locks

    def build_lock(self, key: str) -> FileLock:
        """The lock that a builder of this environment holds.

        Raises:
            OSError: the folder cannot be written.
        """
        return self._lock("locks", f"{key}.lock")

    def use(self, key: str) -> None:
        """Keep an environment from being removed as long as this process lives.

        Raises:
            OSError: the folder cannot be written.
        """
        folder = self.environment(key)
        if folder not in _held:
            with self._uses_lock():
                mine = self._lock("uses", key, f"{os.getpid()}-{uuid.uuid4().hex[:8]}.lock")
                mine.acquire()
            _held[folder] = mine
        with contextlib.suppress(OSError):  # it may be still to be built
            (folder / "last-used").touch()

    def release(self, key: str) -> None:
        """End the use of an environment by this process."""
        mine = _held.pop(self.environment(key), None)
        if mine is not None:
            mine.release()
            Path(mine.lock_file).unlink(missing_ok=True)

    def last_used(self, key: str) -> float:
        """Seconds since the epoch at the last use or, without one, at the last change."""
        for path in (self.environment(key) / "last-used", self.environment(key)):
            with contextlib.suppress(OSError):
                return path.stat().st_mtime
        return 0.0

    def remove_unused(self, key: str) -> bool:
        """Remove an environment, unless a process uses or builds it.

        Returns:
            Whether it was removed.
        """
        build = self.build_lock(key)
        try:
            build.acquire(timeout=0)
        except Timeout:
            return False
        with build:
            with self._uses_lock():
                if self._used(key):
                    return False
                doomed = self._set_aside(key)
            remove(doomed)
            return True

    def discard(self, key: str) -> None:
        """Remove an environment that is incomplete, or not what it should be.

        The caller holds :meth:`build_lock`.
        """
        if self.environment(key).exists():
            remove(self._set_aside(key))

    def _set_aside(self, key: str) -> Path:
        """Move an environment out of the folder in which environments are looked up."""
        self.record_file(key).unlink(missing_ok=True)
        doomed = self.new_folder("removed-") / key
        self.environment(key).rename(doomed)
        return doomed.parent

    def in_use(self, key: str) -> bool:
        """Return whether a process uses an environment.

        Raises:
            OSError: the folder cannot be written.
        """
        with self._uses_lock():
            return self._used(key)

    def _used(self, key: str) -> bool:
        """Whether any process holds a use; the files of those that have ended are removed."""
        used = False
        for file in (self.folder / "uses" / key).glob("*.lock"):
            lock = FileLock(file)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                used = True
            else:
                lock.release()
                file.unlink(missing_ok=True)
        return used

    def _uses_lock(self) -> FileLock:
        return self._lock("locks", "uses.lock")

    def _lock(self, *parts: str) -> FileLock:
        path = self.folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(path)

    # ------------------------------------------------------------------ temporary folders

    def new_folder(self, prefix: str = "") -> Path:
        """Make an empty folder for temporary files; :meth:`clear_runs` removes forgotten ones.

        Raises:
            OSError: the folder cannot be written.
        """
        runs = self.folder / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=prefix, dir=runs))

    @contextlib.contextmanager
    def temporary(self) -> Iterator[Path]:
        """A folder for temporary files that is removed at the end.

        Raises:
            OSError: the folder cannot be written.
        """
        folder = self.new_folder()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def clear_runs(self) -> None:
        """Remove the folders of runs that were killed, and old logs."""
        with contextlib.suppress(OSError):
            for folder in list((self.folder / "runs").iterdir()):
                if _is_over(folder):
                    remove(folder)


def _is_over(folder: Path) -> bool:
    """Whether the run of a folder has ended, and its log is old."""
    age = time.time() - folder.stat().st_mtime
    alive = folder / "alive.lock"
    if not alive.exists():
        return age > (_LOG_SECONDS if (folder / "nox.log").exists() else _ABANDONED_SECONDS)
    try:
        with FileLock(alive).acquire(timeout=0):
            return True
    except (Timeout, OSError):
        return False
