"""Open the database of results for writing, or for reading only.

It uses write-ahead logging: a kill at any moment loses no commit, and readers do not wait for the
run that writes. Reading works while a run writes, and in a folder without write permission.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from matrix.errors import StoreError
from matrix.store.disk_errors import is_damage

VERSION = 1


def open_to_write(path: Path, schema: str) -> sqlite3.Connection:
    """Open the database for writing, or create it.

    Args:
        path: of the database.
        schema: SQL statements that create missing tables.

    Raises:
        StoreError: it was made by another version of this tool.
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


def open_or_replace(path: Path, schema: str) -> tuple[sqlite3.Connection, Path | None]:
    """Open the database for writing; a damaged one is renamed, and a new one created.

    Returns:
        The database, and the new path of the damaged one; None if it was not damaged.
    """
    try:
        return open_to_write(path, schema), None
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
    aside = set_aside(path)
    return open_to_write(path, schema), aside


def open_read_only(path: Path, schema: str) -> sqlite3.Connection:
    """Open a snapshot of the database for reading; an empty database if the file does not exist.

    The snapshot does not change, whatever a run writes meanwhile.

    Raises:
        StoreError: it was made by another version of this tool, or its newest commits can only be
            read where files can be created.
        sqlite3.Error: it is damaged.
    """
    if not path.exists():
        database = sqlite3.connect(":memory:")
        database.executescript(schema)
        return database
    address = path.absolute().as_uri() + "?mode=ro"
    try:
        return _snapshot(address, path)
    except sqlite3.OperationalError as error:
        # SQLite creates a `-shm` file, an index of the write-ahead log, even to read. Where that
        # file cannot be created, the database can be read only if the log is empty.
        if _size(_beside(path, "-wal")):
            raise StoreError(
                f"the newest results in {path.parent} are in {path.name}-wal, which cannot be "
                f"read where nothing may be written: {error}",
                advice="Copy the folder to where you may write, and name the copy with --state.",
            ) from error
        return _snapshot(address + "&immutable=1", path)


def set_aside(path: Path) -> Path:
    """Rename a damaged database and its log files; return its new path."""
    aside = _beside(path, ".damaged")
    for ending in ("-wal", "-shm", ""):
        if _beside(path, ending).exists():
            _beside(path, ending).replace(_beside(aside, ending))
    return aside


def _snapshot(address: str, path: Path) -> sqlite3.Connection:
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
