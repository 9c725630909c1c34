"""A file that is either the old one or the new one, never half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from matrix.errors import StoreError


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Write text beside ``path`` and rename it into place at the end, if nothing went wrong.

    Folders that are missing are made. A pipe or a device is written to as it is, and a link keeps
    pointing to where it does.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as stream:
                yield stream
            return
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            with draft.open("w", encoding="utf-8", newline="\n") as stream:
                yield stream
            draft.replace(target)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}",
            advice="The results are kept: `report --output` writes them again elsewhere.",
        ) from error
