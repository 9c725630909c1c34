"""A file is opened once: what is hashed is what is read."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from matrix.errors import NotAModelError

_CHUNK = 1024 * 1024
_KINDS = (
    (stat.S_ISDIR, "is a folder, no file", "Name a file in it."),
    (stat.S_ISFIFO, "is a pipe, no file", "Save the model to a file, and name that."),
    (stat.S_ISSOCK, "is a socket, no file", "Save the model to a file, and name that."),
    (stat.S_ISCHR, "is a device, no file", "Save the model to a file, and name that."),
    (stat.S_ISBLK, "is a device, no file", "Save the model to a file, and name that."),
)


def refuse_special(path: Path) -> None:
    """Refuse what is no regular file, without opening it.

    Raises:
        NotAModelError: it is missing, a folder, a pipe, a device or a socket.
    """
    with _told(path):
        _refuse(path, path.stat().st_mode)


@contextmanager
def opened(path: Path, largest: int) -> Iterator[BinaryIO]:
    """Open a regular file, unbuffered; nothing else is ever opened for reading.

    Raises:
        NotAModelError: it is missing, no regular file, unreadable, too large, or changes meanwhile.
    """
    refuse_special(path)
    # What was a file a moment ago may be a pipe now: then this must not wait.
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    with _told(path), os.fdopen(os.open(path, flags), "rb", buffering=0) as file:
        found = os.fstat(file.fileno())
        _refuse(path, found.st_mode)
        if found.st_size > largest:
            limit = f"{largest / 1024**3:,.0f} GiB"
            raise NotAModelError(path, f"is larger than {limit}, and was not read")
        yield file
        left = os.fstat(file.fileno())
    if (left.st_size, left.st_mtime_ns) != (found.st_size, found.st_mtime_ns):
        raise NotAModelError(
            path, "changed while it was read", advice="Try again when it is written to the end."
        )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the system says of a file into our own words."""
    try:
        yield
    except FileNotFoundError:
        raise NotAModelError(
            path, "does not exist", advice="Check the name, and the folder it is looked up from."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotAModelError(path, f"cannot be read: {reason}") from error


def digest(file: BinaryIO) -> tuple[int, str]:
    """The size and the SHA-256 of a file, which stands at its beginning again then."""
    found = hashlib.sha256()
    size = 0
    while chunk := file.read(_CHUNK):
        found.update(chunk)
        size += len(chunk)
    file.seek(0)
    return size, found.hexdigest()


def _refuse(path: Path, mode: int) -> None:
    for is_kind, problem, advice in _KINDS:
        if is_kind(mode):
            raise NotAModelError(path, problem, advice=advice)
    if not stat.S_ISREG(mode):
        raise NotAModelError(path, "is no regular file")
