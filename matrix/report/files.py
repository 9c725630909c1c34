"""Writes report files, with advice if a file cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from matrix import atomic_write
from matrix.errors import StoreError
from matrix.user_files import is_outside


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a report file; see :func:`matrix.atomic_write.replacing`.

    Raises:
        StoreError: the file cannot be written, or is a link that leads out of its folder: it may
            have come with the folder, and lead to a file that is run.
    """
    is_device = path.is_absolute() and path.parts[1:2] in (("dev",), ("proc",))  # /dev/stdout
    if path.is_symlink() and is_outside(path, path.parent) and not is_device:
        raise StoreError(
            f"{path} is a link that leads out of its folder, and is not followed",
            advice=f"If that file is meant, name it: {path.resolve()}",
        )
    try:
        with atomic_write.replacing(path) as stream:
            yield stream
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}",
            advice="The results are kept. Write again: compat-matrix report --output FORMAT:PATH",
        ) from error
