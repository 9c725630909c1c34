"""Writes report files, with advice if a file cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from matrix import atomic_write
from matrix.errors import StoreError


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a report file; see :func:`matrix.atomic_write.replacing`.

    Raises:
        StoreError: the file cannot be written.
    """
    try:
        with atomic_write.replacing(path) as stream:
            yield stream
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}",
            advice="The results are kept. Write again: compat-matrix report --output FORMAT:PATH",
        ) from error
