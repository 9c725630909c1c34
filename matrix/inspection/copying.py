"""A file of the user's is opened once, and copied to where no one else writes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from matrix.inspection.file_access import opened
from matrix.inspection.result import InspectionLimits

_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateCopy:
    """A private copy, which nobody may write to."""

    path: Path
    sha256: str
    """Of the bytes that were read, which are those of the copy."""


def copied(path: Path, folder: Path, limits: InspectionLimits | None = None) -> PrivateCopy:
    """Copy a file, hashing what is read on the way.

    Args:
        path: a regular file, or a link to one.
        folder: where to; nobody else writes there.
        limits: how large it may be.

    Raises:
        NotAModelError: it is missing, no regular file, unreadable, too large, or changes meanwhile.
        OSError: the copy cannot be written.
    """
    digest = hashlib.sha256()
    descriptor, name = tempfile.mkstemp(dir=folder)
    copy = Path(name)
    try:
        largest = (limits or InspectionLimits()).file
        with os.fdopen(descriptor, "wb") as target, opened(path, largest) as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
        copy.chmod(0o400)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return PrivateCopy(path=copy, sha256=digest.hexdigest())
