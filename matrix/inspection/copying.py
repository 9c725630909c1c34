"""Copy a user's file once, to a folder that only this process writes to."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from matrix.inspection.file_access import open_regular
from matrix.inspection.result import InspectionLimits

_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateCopy:
    """A private, read-only copy of a file."""

    path: Path
    sha256: str
    """SHA-256 of the copied bytes."""


def copy_private(path: Path, folder: Path, limits: InspectionLimits | None = None) -> PrivateCopy:
    """Copy a file and hash it in the same pass.

    Args:
        path: a regular file, or a link to one.
        folder: where the copy goes; only this process writes there.
        limits: ``limits.file`` is the largest size.

    Raises:
        NotAModelError: it is missing, not a regular file, unreadable, too large, or changed while
            it was copied.
        OSError: the copy cannot be written.
    """
    digest = hashlib.sha256()
    descriptor, name = tempfile.mkstemp(dir=folder)
    copy = Path(name)
    try:
        largest = (limits or InspectionLimits()).file
        with os.fdopen(descriptor, "wb") as target, open_regular(path, largest) as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
        copy.chmod(0o400)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return PrivateCopy(path=copy, sha256=digest.hexdigest())
