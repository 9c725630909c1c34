"""Everything that a run leaves behind, in one folder.

::

    results.sqlite     answers of workers by key, contents by digest, judged cells by run
    artifacts/ab/…     the saved files, by the sha256 of their bytes
    rows/…             the rows as files, for readers, by digest
    scratch/…          folders of workers at work
    .gitignore         keeps all of it out of the project's repository

Answers and contents are checked against a digest whenever they are read: what is damaged counts as
not there, and is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from matrix.atomic_write import write_whole
from matrix.errors import StoreError
from matrix.model.codec import decode
from matrix.remove_tree import remove
from matrix.store import database
from matrix.store.disk_errors import DamagedError, as_store_error
from matrix.store.file_stamps import SCHEMA as FILES_SCHEMA
from matrix.store.file_stamps import Files
from matrix.store.runs import SCHEMA as RUNS_SCHEMA
from matrix.store.runs import Runs
from matrix.store.worker_answers import WorkerAnswer
from matrix.worker.compat_worker.formats import FORMATS

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, body BLOB NOT NULL, digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (digest TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS rates (
    task TEXT NOT NULL, environment TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (task, environment)
) WITHOUT ROWID;
"""


class Store:
    """A folder of results; use it as a context manager.

    Args:
        folder: made if it is not there.
        read_only: nothing is written to the folder, nor need it be there; a run may be at work in
            it. What is read is as it was when the store was opened.

    Raises:
        StoreError: the folder cannot be written to, is in use by another run, or was made by
            another version.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.set_aside: Path | None = None
        """Where a database is now that was damaged, so that a new one was begun."""
        self.recovered = 0
        """How many answers of a killed run were taken in when the store was opened."""
        self._read_only = read_only
        self._whole: set[Path] = set()
        self._sound: set[str] = set()
        self._lock: FileLock | None = None
        if read_only:
            with as_store_error(folder):
                self._database = database.to_read(self._path, _SCHEMA + FILES_SCHEMA + RUNS_SCHEMA)
        else:
            self._open_to_write()
        self.runs = Runs(self._database, folder)
        self.files = Files(self._database, folder)

    @property
    def _path(self) -> Path:
        return self.folder / "results.sqlite"

    def _open_to_write(self) -> None:
        try:
            for name in ("artifacts", "rows", "scratch"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            _ignore_in_git(self.folder)
            with contextlib.ExitStack() as stack:
                self._lock = _lock(self.folder / "lock")
                stack.callback(self._lock.release)
                self._database, self.set_aside = database.to_write_or_anew(
                    self._path, _SCHEMA + FILES_SCHEMA + RUNS_SCHEMA
                )
                stack.pop_all()
        except (OSError, sqlite3.Error) as error:
            said = error.strerror if isinstance(error, OSError) else None
            raise StoreError(
                f"results cannot be kept in {self.folder}: {said or error}",
                advice="Make room, see that the folder may be written to, or name another one "
                "with --state.",
            ) from error

    def __enter__(self) -> Store:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, DamagedError) and not self._read_only:
            self._database.close()
            with as_store_error(self.folder):
                database.set_aside(self._path)
            self._unlock()
        else:
            self.close()

    def close(self) -> None:
        """Write what is pending and let go of the folder."""
        try:
            self.commit()
        finally:
            self._database.close()
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    # ----------------------------------------------------------------- answers and contents

    def answer(self, key: str) -> WorkerAnswer | None:
        """The answer kept under a key; None if there is none, or it is damaged."""
        with as_store_error(self.folder):
            row = self._database.execute(
                "SELECT body, digest FROM answers WHERE key = ?", (key,)
            ).fetchone()
        if row is None:
            return None
        body, digest = row
        if _digest(key, body) != digest:
            return None
        answer: WorkerAnswer = decode(zlib.decompress(body))
        return answer

    def keep(self, key: str, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        """Keep an answer with the contents and the files that it speaks of, the answer last.

        One that is only an ending is not kept: it may be the machine's, and not the versions'. Nor
        is one that the file was stopped while loading: it is not what was inspected.
        """
        for digest, content in contents.items():
            self.keep_content(digest, content)
        for name, entry in answer.get("artifacts", {}).items():
            if "path" in entry:
                self.keep_artifact(Path(entry.pop("path")), name, entry["sha256"])
        if not {"ending", "refused"} & answer.keys():
            self.keep_answer(key, answer)

    def keep_answer(self, key: str, answer: WorkerAnswer) -> None:
        """Keep an answer; durable after the next :meth:`commit`."""
        body = zlib.compress(json.dumps(answer, separators=(",", ":")).encode(), 1)
        with as_store_error(self.folder):
            self._database.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, body, _digest(key, body))
            )

    def content(self, digest: str) -> bytes:
        """The content with this digest.

        Raises:
            KeyError: there is none, or it is damaged.
        """
        with as_store_error(self.folder):
            row = self._database.execute(
                "SELECT data FROM contents WHERE digest = ?", (digest,)
            ).fetchone()
        if row is None:
            raise KeyError(digest)
        try:
            data = zlib.decompress(row[0])
        except zlib.error:
            data = b""
        if hashlib.sha256(data).hexdigest() != digest:
            raise KeyError(digest)
        return data

    def has_contents(self, digests: Iterable[str]) -> bool:
        """Whether every one of these contents is kept, and undamaged; each is read once."""
        for digest in set(digests) - self._sound:
            try:
                self.content(digest)
            except KeyError:
                return False
            self._sound.add(digest)
        return True

    def keep_content(self, digest: str, data: bytes) -> None:
        """Keep a content; durable after the next :meth:`commit`.

        One that is there already may be damaged: it is replaced, unless it is known to be sound.
        """
        if digest in self._sound:
            return
        with as_store_error(self.folder):
            self._database.execute(
                "INSERT OR REPLACE INTO contents VALUES (?, ?)", (digest, zlib.compress(data, 1))
            )
        self._sound.add(digest)

    def commit(self) -> None:
        """Make all that was kept so far durable."""
        with as_store_error(self.folder):
            self._database.commit()

    def rates(self) -> dict[tuple[str, str], float]:
        """Seconds a piece of work took in earlier runs, by task and environment."""
        with as_store_error(self.folder):
            rows = self._database.execute("SELECT task, environment, seconds FROM rates")
            return {(task, environment): seconds for task, environment, seconds in rows}

    def keep_rates(self, rates: Mapping[tuple[str, str], float]) -> None:
        """Keep what a piece of work takes, for the estimates of later runs."""
        with as_store_error(self.folder):
            self._database.executemany(
                "INSERT OR REPLACE INTO rates VALUES (?, ?, ?)",
                ((task, environment, seconds) for (task, environment), seconds in rates.items()),
            )

    # ----------------------------------------------------------------- files

    def artifact(self, sha256: str, format_name: str) -> Path:
        """Where the artifact with these bytes, in this format, is or would be."""
        ending = FORMATS[format_name].ending
        return self.folder / "artifacts" / sha256[:2] / f"{sha256}{ending}"

    def has_artifact(self, sha256: str, format_name: str) -> bool:
        """Whether the artifact is there, and still what was saved: damage is no version effect."""
        return self.is_whole(self.artifact(sha256, format_name), sha256)

    def is_whole(self, path: Path, sha256: str) -> bool:
        """Whether a file is there with this digest; those that are whole are read once."""
        if path not in self._whole:
            try:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                return False
            if found != sha256:
                return False
            self._whole.add(path)
        return True

    def keep_artifact(self, path: Path, format_name: str, sha256: str) -> None:
        """Move a file that a worker saved to its place."""
        place = self.artifact(sha256, format_name)
        with as_store_error(self.folder):
            place.parent.mkdir(exist_ok=True)
            if path.exists() or not place.exists():
                path.replace(place)

    def rows_file(self, digest: str) -> Path:
        """A file with the content of these rows, for workers.

        Raises:
            KeyError: the content is not kept.
        """
        path = self.folder / "rows" / digest
        if not self.is_whole(path, digest):
            with as_store_error(self.folder):
                write_whole(path, self.content(digest))
        return path

    def scratch(self) -> Path:
        """A new folder for a worker."""
        with as_store_error(self.folder):
            return Path(tempfile.mkdtemp(dir=self.folder / "scratch"))

    def left_behind(self) -> list[Path]:
        """The folders of workers of runs that were cut off."""
        return sorted((self.folder / "scratch").iterdir())

    def clear_scratch(self) -> None:
        """Remove what runs that were cut off left behind."""
        for left in self.left_behind():
            remove(left)


def _ignore_in_git(folder: Path) -> None:
    """Keep a folder of results out of the project's repository, as ``.venv`` does."""
    file = folder / ".gitignore"
    if not file.exists():
        write_whole(file, b"*\n")


def _lock(path: Path) -> FileLock:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StoreError(
            f"another run is at work in {path.parent}",
            advice="Wait for it to end, or give this one a folder of its own with --state.",
        ) from None
    return lock


def _digest(key: str, body: bytes) -> str:
    """Of the key too, so that an entry that was swapped with another is noticed."""
    return hashlib.sha256(key.encode() + b"\0" + body).hexdigest()
