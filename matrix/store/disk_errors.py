"""What goes wrong with the disk, said once for all that is kept there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from matrix.errors import StoreError


class DamagedError(StoreError):
    """The database is damaged, so that not even its tables can be read."""


@contextlib.contextmanager
def as_store_error(folder: Path) -> Iterator[None]:
    """Turn what files and the database raise into a StoreError that names the folder."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if is_damage(error):
            raise DamagedError(
                f"results in {folder} cannot be read, their database is damaged: {error}",
                advice="Run again: the database is set aside, and what it had is computed anew.",
            ) from error
        raise StoreError(
            f"results in {folder} cannot be read or kept: {error}",
            advice="Is there room on the disk, and may it be written to? Nothing kept was lost.",
        ) from error


def is_damage(error: Exception) -> bool:
    """Whether the database says that it is none, or none any more.

    Told by its words: only Python 3.11 and later give the code.
    """
    words = ("malformed", "not a database")
    return isinstance(error, sqlite3.DatabaseError) and any(word in str(error) for word in words)
