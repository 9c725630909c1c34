"""Everything that a run leaves behind, in one folder.

::

    results.sqlite     answers of workers by key, contents by digest, judged cells by run
    artifacts/ab/…     the saved files, by the sha256 of their bytes
    rows/…             the rows as files, for readers, by digest
    scratch/…          folders of workers at work

Answers and contents are checked against a digest whenever they are read: what is damaged is
dropped, said, and computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from matrix.errors import StoreError
from matrix.store.answers import Answer
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
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, head TEXT NOT NULL, complete INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS cells (
    run INTEGER NOT NULL, position INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (run, position)
) WITHOUT ROWID;
"""

_VERSION = 1
_RUNS_KEPT = 5


class Store:
    """A folder of results; use it as a context manager.

    Args:
        folder: made if it is not there.

    Raises:
        StoreError: the folder cannot be written to, is in use by another run, or was made by
            another version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._whole: set[Path] = set()
        self._sound: set[str] = set()
        try:
            for name in ("artifacts", "rows", "scratch"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            self._lock = _lock(folder / "lock")
            self._database = _open(folder / "results.sqlite")
        except OSError as error:
            raise StoreError(
                f"results cannot be kept in {folder}: {error.strerror or error}",
                advice="Name another folder with `state` in the configuration, or make room.",
            ) from error
        except sqlite3.Error as error:
            raise StoreError(
                f"{folder / 'results.sqlite'}: {error}",
                advice="Move the file away to start anew.",
            ) from error

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is pending and let go of the folder."""
        with _as_store_error(self.folder):
            self._database.commit()
        self._database.close()
        self._lock.release()

    # ----------------------------------------------------------------- answers and contents

    def answer(self, key: str) -> Answer | None:
        """The answer kept under a key; None if there is none, or it is damaged."""
        with _as_store_error(self.folder):
            row = self._database.execute(
                "SELECT body, digest FROM answers WHERE key = ?", (key,)
            ).fetchone()
            if row is None:
                return None
            body, digest = row
            if _digest(key, body) != digest:
                self._database.execute("DELETE FROM answers WHERE key = ?", (key,))
                return None
        answer: Answer = json.loads(zlib.decompress(body))
        return answer

    def keep(self, key: str, answer: Answer, contents: Mapping[str, bytes]) -> None:
        """Keep an answer with the contents and the files that it speaks of, the answer last.

        One that is only an ending is not kept: it may be the machine's, and not the versions'.
        """
        for digest, content in contents.items():
            self.keep_content(digest, content)
        for name, entry in answer.get("artifacts", {}).items():
            if "path" in entry:
                self.keep_artifact(Path(entry.pop("path")), name, entry["sha256"])
        if "ending" not in answer:
            self.keep_answer(key, answer)

    def keep_answer(self, key: str, answer: Answer) -> None:
        """Keep an answer; durable after the next :meth:`commit`."""
        body = zlib.compress(json.dumps(answer, separators=(",", ":")).encode(), 1)
        with _as_store_error(self.folder):
            self._database.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, body, _digest(key, body))
            )

    def content(self, digest: str) -> bytes:
        """The content with this digest.

        Raises:
            KeyError: there is none, or it is damaged.
        """
        with _as_store_error(self.folder):
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
            with _as_store_error(self.folder):
                self._database.execute("DELETE FROM contents WHERE digest = ?", (digest,))
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
        """Keep a content; durable after the next :meth:`commit`."""
        with _as_store_error(self.folder):
            self._database.execute(
                "INSERT OR IGNORE INTO contents VALUES (?, ?)", (digest, zlib.compress(data, 1))
            )

    def commit(self) -> None:
        """Make all that was kept so far durable."""
        with _as_store_error(self.folder):
            self._database.commit()

    def rates(self) -> dict[tuple[str, str], float]:
        """Seconds a piece of work took in earlier runs, by task and environment."""
        with _as_store_error(self.folder):
            rows = self._database.execute("SELECT task, environment, seconds FROM rates")
            return {(task, environment): seconds for task, environment, seconds in rows}

    def keep_rates(self, rates: Mapping[tuple[str, str], float]) -> None:
        """Keep what a piece of work takes, for the estimates of later runs."""
        with _as_store_error(self.folder):
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
        return self._is_whole(self.artifact(sha256, format_name), sha256)

    def _is_whole(self, path: Path, sha256: str) -> bool:
        """Whether a file is there with this digest; each is read once."""
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
        with _as_store_error(self.folder):
            place.parent.mkdir(exist_ok=True)
            if path.exists() or not place.exists():
                path.replace(place)

    def rows_file(self, digest: str) -> Path:
        """A file with the content of these rows, for workers.

        Raises:
            KeyError: the content is not kept.
        """
        path = self.folder / "rows" / digest
        if not self._is_whole(path, digest):
            with _as_store_error(self.folder):
                write_atomically(path, self.content(digest))
        return path

    def scratch(self) -> Path:
        """A new folder for a worker."""
        with _as_store_error(self.folder):
            return Path(tempfile.mkdtemp(dir=self.folder / "scratch"))

    def left_behind(self) -> list[Path]:
        """The folders of workers of runs that were cut off."""
        return sorted((self.folder / "scratch").iterdir())

    def clear_scratch(self) -> None:
        """Remove what runs that were cut off left behind."""
        for left in self.left_behind():
            shutil.rmtree(left, ignore_errors=True)

    # ----------------------------------------------------------------- runs

    def begin_run(self, head: str) -> int:
        """Open a new run; its head is the report's JSON without cells."""
        with _as_store_error(self.folder):
            cursor = self._database.execute("INSERT INTO runs (head) VALUES (?)", (head,))
            run = int(cursor.lastrowid or 0)
            oldest = run - _RUNS_KEPT
            self._database.execute("DELETE FROM cells WHERE run <= ?", (oldest,))
            self._database.execute("DELETE FROM runs WHERE id <= ?", (oldest,))
            return run

    def keep_cells(self, run: int, bodies: Iterable[tuple[int, str]]) -> None:
        """Keep judged cells, as JSON, by their position in the run."""
        with _as_store_error(self.folder):
            self._database.executemany(
                "INSERT OR REPLACE INTO cells VALUES (?, ?, ?)",
                ((run, position, zlib.compress(body.encode(), 1)) for position, body in bodies),
            )

    def cells_digest(self, run: int) -> str:
        """Of all cells of a run, to tell whether they are still what was kept."""
        digest = hashlib.sha256()
        with _as_store_error(self.folder):
            for position, body in self._database.execute(
                "SELECT position, body FROM cells WHERE run = ? ORDER BY position", (run,)
            ):
                digest.update(b"%d:%d:" % (position, len(body)))
                digest.update(body)
        return digest.hexdigest()

    def end_run(self, run: int, head: str) -> None:
        """Close a run: from now on it is the last one."""
        with _as_store_error(self.folder):
            self._database.execute(
                "UPDATE runs SET head = ?, complete = 1 WHERE id = ?", (head, run)
            )
            self._database.commit()

    def last_run(self) -> tuple[int, str] | None:
        """The id and head of the last run that came to its end."""
        with _as_store_error(self.folder):
            row = self._database.execute(
                "SELECT id, head FROM runs WHERE complete ORDER BY id DESC LIMIT 1"
            ).fetchone()
        return None if row is None else (row[0], row[1])

    def cells(self, run: int) -> Iterator[str]:
        """The cells of a run in their order, as JSON."""
        with _as_store_error(self.folder):
            yield from (
                zlib.decompress(body).decode()
                for (body,) in self._database.execute(
                    "SELECT body FROM cells WHERE run = ? ORDER BY position", (run,)
                )
            )


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file such that it is there whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=30, check_same_thread=False)
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _VERSION):
        raise sqlite3.DatabaseError(f"made by another version of this tool ({version})")
    # Write-ahead logging: a kill at any moment loses no commit; only a power cut may lose the last.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(_SCHEMA)
    database.execute(f"PRAGMA user_version = {_VERSION}")
    return database


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


@contextlib.contextmanager
def _as_store_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"results in {folder} cannot be read or kept: {error}",
            advice="Is there room on the disk, and may it be written to? Nothing kept was lost.",
        ) from error
