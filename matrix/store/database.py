"""Open the database of results: to write, or to read beside a run or where nothing may be written.

It is kept with write-ahead logging: a kill at any moment loses no commit, and readers need not wait
for the run that writes.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from matrix.errors import StoreError
from matrix.store.disk_errors import is_damage

VERSION = 1


def to_write(path: Path, schema: str) -> sqlite3.Connection:
    """Open the database, or begin a new one.

    Raises:
        StoreError: it was made by another version.
        sqlite3.Error: it is damaged, or cannot be written to.
    """
    database = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        _check_version(database, path)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")  # only a power cut may lose the last commit
        database.executescript(schema)
        database.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        database.close()
        raise
    return database


def to_write_or_anew(path: Path, schema: str) -> tuple[sqlite3.Connection, Path | None]:
    """Open the database; one that is damaged is set aside, and a new one is begun.

    Returns:
        The database, and where the damaged one is now.
    """
    try:
        return to_write(path, schema), None
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
    aside = set_aside(path)
    return to_write(path, schema), aside


def to_read(path: Path, schema: str) -> sqlite3.Connection:
    """Open the database as it is now, for reading alone; an empty one if there is none.

    All that is read is of the same moment, whatever a run writes meanwhile.

    Raises:
        StoreError: it was made by another version, or cannot be read without writing beside it.
        sqlite3.Error: it is damaged.
    """
    if not path.exists():
        database = sqlite3.connect(":memory:")
        database.executescript(schema)
        return database
    address = path.absolute().as_uri() + "?mode=ro"
    try:
        return _reading(address, path)
    except sqlite3.OperationalError as error:
        # Readers of a log that is written ahead share an index of it in a file beside it. Where
        # that file cannot be made, all is well only if there is nothing in the log.
        if _size(_beside(path, "-wal")):
            raise StoreError(
                f"the newest results in {path.parent} are in {path.name}-wal, which cannot be "
                f"read where nothing may be written: {error}",
                advice="Copy the folder to where you may write, and name the copy with --state.",
            ) from error
        return _reading(address + "&immutable=1", path)


def set_aside(path: Path) -> Path:
    """Rename a damaged database, with the files beside it; return its new name."""
    aside = _beside(path, ".damaged")
    for ending in ("-wal", "-shm", ""):
        if _beside(path, ending).exists():
            _beside(path, ending).replace(_beside(aside, ending))
    return aside


def _reading(address: str, path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)
    try:
        database.execute("BEGIN")
        _check_version(database, path)
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        database.close()
        raise
    return database


def _check_version(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, VERSION):
        raise StoreError(
            f"{path} was made by another version of this tool ({version})",
            advice="Move the file away to start anew, or name another folder with --state.",
        )


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
