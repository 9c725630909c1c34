"""Copy a user's file once, to a folder that only this process writes to.

A file may be mostly holes, such as 8 GiB that take no room on the disk. Its copy takes none either.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from matrix.errors import StoreError
from matrix.inspection.file_access import open_regular, size_and_sha256
from matrix.inspection.result import InspectionLimits

_CHUNK = 1024 * 1024
_ZEROS = bytes(_CHUNK)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateCopy:
    """A private, read-only copy of a file."""

    path: Path
    sha256: str
    """SHA-256 of the copied bytes."""


def copy_private(path: Path, folder: Path, limits: InspectionLimits | None = None) -> PrivateCopy:
    """Copy a file and hash it in the same pass; blocks of zeros become holes.

    Args:
        path: a regular file, or a link to one.
        folder: where the copy goes; only this process writes there.
        limits: ``limits.file`` is the largest size.

    Raises:
        NotAModelError: it is missing, not a regular file, unreadable, too large, or changed while
            it was copied.
        StoreError: the copy cannot be written, such as on a full disk.
    """
    digest = hashlib.sha256()
    with as_store_error(path, folder):
        descriptor, name = tempfile.mkstemp(dir=folder)
    copy = Path(name)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as target:
            with open_regular(path, limits or InspectionLimits()) as source:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    with as_store_error(path, folder):
                        append(target, chunk)
            with as_store_error(path, folder):
                target.truncate()  # the file ends in a hole otherwise
        copy.chmod(0o400)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return PrivateCopy(path=copy, sha256=digest.hexdigest())


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file of any size, without copying it.

    Raises:
        NotAModelError: as for :func:`copy_private`, but not because of its size.
    """
    with open_regular(path) as source:
        return size_and_sha256(source)[1]


def append(target: BinaryIO, chunk: bytes) -> None:
    """Write a chunk at the current position, or move over it if it is all zeros."""
    if chunk == _ZEROS[: len(chunk)]:
        target.seek(len(chunk), os.SEEK_CUR)
        return
    view = memoryview(chunk)
    while view:
        view = view[target.write(view) :]


@contextlib.contextmanager
def as_store_error(path: Path, folder: Path) -> Iterator[None]:
    """Raise StoreError for errors of the disk that is written to."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path} cannot be copied to {folder}: {error.strerror or error}",
            advice="Make room on that disk, or name a folder on another one with --state DIR.",
        ) from error
