"""Open regular files only, and only once, so that the hashed bytes are the ones read."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from matrix.errors import NoSuchFileError, NotAModelError
from matrix.inspection.result import MB, InspectionLimits

_CHUNK = 1024 * 1024
_KINDS = (
    (stat.S_ISFIFO, "is a pipe, not a file", "Save the model to a file, and name that."),
    (stat.S_ISSOCK, "is a socket, not a file", "Save the model to a file, and name that."),
    (stat.S_ISCHR, "is a device, not a file", "Save the model to a file, and name that."),
    (stat.S_ISBLK, "is a device, not a file", "Save the model to a file, and name that."),
)


def refuse_special(path: Path) -> None:
    """Refuse a path that is not a regular file, without opening it.

    Raises:
        NotAModelError: it is missing, a folder, a pipe, a device or a socket.
    """
    with _translate_errors(path):
        _refuse(path, path.stat().st_mode)


@contextmanager
def open_regular(path: Path, limits: InspectionLimits | None = None) -> Iterator[BinaryIO]:
    """Open a regular file, unbuffered.

    Args:
        path: of the file.
        limits: ``limits.file`` is the largest size; None for any size.

    Raises:
        NotAModelError: it is missing, not a regular file, unreadable, too large, or changed while
            it was open.
    """
    refuse_special(path)
    # O_NONBLOCK: the file may have been replaced by a pipe, and opening that must not block.
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    with _translate_errors(path), os.fdopen(os.open(path, flags), "rb", buffering=0) as file:
        found = os.fstat(file.fileno())
        _refuse(path, found.st_mode)
        if limits is not None and found.st_size > limits.file:
            size, most = found.st_size / MB, limits.file / MB
            problem = f"has {size:,.0f} MB, more than {most:,.0f} MB, the limit for a model"
            raise NotAModelError(path, problem, advice=limits.setting)
        yield file
        left = os.fstat(file.fileno())
    if (left.st_size, left.st_mtime_ns) != (found.st_size, found.st_mtime_ns):
        raise NotAModelError(
            path, "changed while it was read", advice="Try again once it is completely written."
        )


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    """Raise NotAModelError for errors of the operating system."""
    try:
        yield
    except FileNotFoundError:
        raise NoSuchFileError(
            path, "does not exist", advice="Check the name and the current folder."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotAModelError(path, f"cannot be read: {reason}") from error


def size_and_sha256(file: BinaryIO) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file, which is rewound to its start."""
    found = hashlib.sha256()
    size = 0
    while chunk := file.read(_CHUNK):
        found.update(chunk)
        size += len(chunk)
    file.seek(0)
    return size, found.hexdigest()


def _refuse(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise NoSuchFileError(path, "is a folder, not a file", advice="Name a file in it.")
    for is_kind, problem, advice in _KINDS:
        if is_kind(mode):
            raise NotAModelError(path, problem, advice=advice)
    if not stat.S_ISREG(mode):
        raise NotAModelError(path, "is not a regular file")
