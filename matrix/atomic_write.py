"""Write a file whole or not at all: under another name beside it, then renamed into place."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

PRIVATE = 0o600
_USUAL = 0o666


@contextmanager
def draft(target: Path, *, mode: int = _USUAL) -> Iterator[Path]:
    """An empty file in the folder of the target; it is removed at the end if it was not renamed.

    Args:
        target: the file to replace in the end.
        mode: permissions, less those that the umask takes.

    Raises:
        OSError: it cannot be made.
    """
    path = target.with_name(f".partial-{secrets.token_hex(8)}")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield path
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that only this user may read.

    Raises:
        OSError: it cannot be written; the file that was there before is unchanged.
    """
    with draft(path, mode=PRIVATE) as written:
        written.write_bytes(data)
        written.replace(path)


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Write text; the file is replaced at the end, unless an exception was raised.

    Missing folders are made. A pipe or a device is written to as it is, and a symbolic link stays
    one: the file that it points to is replaced.

    Raises:
        OSError: it cannot be written; the file that was there before is unchanged.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as stream:
            yield stream
        return
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with draft(target) as written:
        with written.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        written.replace(target)
