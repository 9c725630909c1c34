"""Errors of the disk and the database, as StoreErrors."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from matrix.errors import StoreError


class DamagedError(StoreError):
    """The database is damaged: its tables cannot be read."""


@contextlib.contextmanager
def as_store_error(folder: Path) -> Iterator[None]:
    """Convert errors of files and the database into a StoreError that names the folder."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if is_damage(error):
            raise DamagedError(
                f"results in {folder} cannot be read, their database is damaged: {error}",
                advice="Run again: the database is set aside, and the results are computed again.",
            ) from error
        raise StoreError(
            f"results in {folder} cannot be read or written: {error}",
            advice="Check the free space and the permissions of the folder. No result was lost.",
        ) from error


def is_damage(error: Exception) -> bool:
    """Whether the error means that the file is not a database, or is damaged.

    The message decides: only Python 3.11 and later have the error code.
    """
    words = ("malformed", "not a database")
    return isinstance(error, sqlite3.DatabaseError) and any(word in str(error) for word in words)
