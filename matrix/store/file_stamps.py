"""The user's files that were checked before, with their digests at that time."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from matrix.store.disk_errors import as_store_error

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, day TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileStamp:
    """A file as it was when it was checked last."""

    sha256: str
    day: str
    """The day of the check: ``2026-11-21``."""


class Files:
    """The files in a database.

    Args:
        database: has the tables of ``SCHEMA``; the caller commits.
        folder: of the database, for messages.

    Raises:
        StoreError: from every method, if the disk fails.
    """

    def __init__(self, database: sqlite3.Connection, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def known(self, path: Path) -> FileStamp | None:
        """The last check of a file; None if there was none."""
        with as_store_error(self._folder):
            row = self._database.execute(
                "SELECT sha256, day FROM files WHERE path = ?", (str(path.absolute()),)
            ).fetchone()
        return None if row is None else FileStamp(sha256=row[0], day=row[1])

    def remember(self, path: Path, sha256: str) -> None:
        """Store the check of a file."""
        with as_store_error(self._folder):
            self._database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?)",
                (str(path.absolute()), sha256, date.today().isoformat()),
            )
