"""The results of all runs, in one folder.

::

    results.sqlite     answers of workers by key, contents by digest, judged cells by run
    artifacts/ab/…     the saved files, by the SHA-256 of their bytes
    rows/…             the rows as files, for readers, by digest
    scratch/…          folders of running workers
    .gitignore         keeps the folder out of the project's repository

Answers and contents are checked against a digest on every read: damaged ones count as missing, and
are computed again.
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
from matrix.worker.compat_worker.formats import READABLE

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
        folder: created if it does not exist.
        read_only: nothing is written to the folder, which need not exist. Another run may write to
            it meanwhile: this store shows the results as they were when it was opened.

    Raises:
        StoreError: the folder cannot be written to, is in use by another run, or was made by
            another version.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.set_aside: Path | None = None
        """The new path of a damaged database that was replaced; None if it was not damaged."""
        self.recovered = 0
        """The number of answers of a killed run that were recovered when the store was opened."""
        self._read_only = read_only
        self._checked_files: set[Path] = set()
        self._checked_contents: set[str] = set()
        self._lock: FileLock | None = None
        if read_only:
            with as_store_error(folder):
                schema = _SCHEMA + FILES_SCHEMA + RUNS_SCHEMA
                self._database = database.open_read_only(self._path, schema)
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
                self._database, self.set_aside = database.open_or_replace(
                    self._path, _SCHEMA + FILES_SCHEMA + RUNS_SCHEMA
                )
                stack.pop_all()
        except (OSError, sqlite3.Error) as error:
            problem = error.strerror if isinstance(error, OSError) else None
            raise StoreError(
                f"results cannot be kept in {self.folder}: {problem or error}",
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
        """Commit, close the database and release the folder's lock."""
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
        """The answer stored under a key; None if it is missing or damaged."""
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
        """Store an answer with its contents and its files; the answer itself is written last.

        Two kinds of answers are not stored: an ending without a result, which the machine may have
        caused, and a refused load, because the file then differs from the inspected one.

        Args:
            key: of the task.
            answer: its ``artifacts`` lose their ``path``: the files move into the store.
            contents: by digest.
        """
        for digest, content in contents.items():
            self.keep_content(digest, content)
        for name, entry in answer.get("artifacts", {}).items():
            if "path" in entry:
                self.keep_artifact(Path(entry.pop("path")), name, entry["sha256"])
        if not {"ending", "refused"} & answer.keys():
            self.keep_answer(key, answer)

    def keep_answer(self, key: str, answer: WorkerAnswer) -> None:
        """Store an answer; durable after the next :meth:`commit`."""
        body = zlib.compress(json.dumps(answer, separators=(",", ":")).encode(), 1)
        with as_store_error(self.folder):
            self._database.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, body, _digest(key, body))
            )

    def content(self, digest: str) -> bytes:
        """The content with this digest.

        Raises:
            KeyError: it is missing or damaged.
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
        """Whether all of these contents are stored and undamaged; each is read only once."""
        for digest in set(digests) - self._checked_contents:
            try:
                self.content(digest)
            except KeyError:
                return False
            self._checked_contents.add(digest)
        return True

    def keep_content(self, digest: str, data: bytes) -> None:
        """Store a content; durable after the next :meth:`commit`.

        A stored content may be damaged: it is replaced, unless its digest was checked before.
        """
        if digest in self._checked_contents:
            return
        with as_store_error(self.folder):
            self._database.execute(
                "INSERT OR REPLACE INTO contents VALUES (?, ?)", (digest, zlib.compress(data, 1))
            )
        self._checked_contents.add(digest)

    def commit(self) -> None:
        """Make everything stored so far durable."""
        with as_store_error(self.folder):
            self._database.commit()

    def rates(self) -> dict[tuple[str, str], float]:
        """The mean seconds of a piece of work in earlier runs, by task and environment."""
        with as_store_error(self.folder):
            rows = self._database.execute("SELECT task, environment, seconds FROM rates")
            return {(task, environment): seconds for task, environment, seconds in rows}

    def keep_rates(self, rates: Mapping[tuple[str, str], float]) -> None:
        """Store the seconds of a piece of work, for the estimates of later runs."""
        with as_store_error(self.folder):
            self._database.executemany(
                "INSERT OR REPLACE INTO rates VALUES (?, ?, ?)",
                ((task, environment, seconds) for (task, environment), seconds in rates.items()),
            )

    # ----------------------------------------------------------------- files

    def artifact(self, sha256: str, format_name: str) -> Path:
        """The path of the artifact with this SHA-256 and format, whether it exists or not."""
        ending = READABLE[format_name].ending
        return self.folder / "artifacts" / sha256[:2] / f"{sha256}{ending}"

    def has_artifact(self, sha256: str, format_name: str) -> bool:
        """Whether the artifact exists and has its SHA-256.

        A damaged file must not be loaded: its failure would look like an effect of versions.
        """
        return self.is_whole(self.artifact(sha256, format_name), sha256)

    def is_whole(self, path: Path, sha256: str) -> bool:
        """Whether a file exists with this SHA-256; a file that had it is not read again."""
        if path not in self._checked_files:
            try:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                return False
            if found != sha256:
                return False
            self._checked_files.add(path)
        return True

    def keep_artifact(self, path: Path, format_name: str, sha256: str) -> None:
        """Move a file that a worker saved into the store."""
        place = self.artifact(sha256, format_name)
        with as_store_error(self.folder):
            place.parent.mkdir(exist_ok=True)
            if path.exists() or not place.exists():
                path.replace(place)

    def add_artifact(self, data: bytes, format_name: str, sha256: str) -> None:
        """Store a file that another machine saved, unless it is stored already.

        Args:
            data: with this SHA-256.
            format_name, sha256: as in :meth:`artifact`.
        """
        if not self.has_artifact(sha256, format_name):
            place = self.artifact(sha256, format_name)
            with as_store_error(self.folder):
                place.parent.mkdir(exist_ok=True)
                write_whole(place, data)

    def rows_file(self, digest: str) -> Path:
        """The path of a file with the rows of this digest, for workers.

        Raises:
            KeyError: the rows are not stored.
        """
        path = self.folder / "rows" / digest
        if not self.is_whole(path, digest):
            with as_store_error(self.folder):
                write_whole(path, self.content(digest))
        return path

    def scratch(self) -> Path:
        """Create an empty folder for a worker."""
        with as_store_error(self.folder):
            return Path(tempfile.mkdtemp(dir=self.folder / "scratch"))

    def left_behind(self) -> list[Path]:
        """The folders of workers of interrupted runs."""
        return sorted((self.folder / "scratch").iterdir())

    def clear_scratch(self) -> None:
        """Remove the folders of workers of interrupted runs."""
        for folder in self.left_behind():
            remove(folder)


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
            f"another run is using {path.parent}",
            advice="Wait for it to end, or give this one a folder of its own with --state.",
        ) from None
    return lock


def _digest(key: str, body: bytes) -> str:
    """The digest of an entry; it covers the key, so that swapped entries are noticed."""
    return hashlib.sha256(key.encode() + b"\0" + body).hexdigest()
