"""Read the files of a worker's folder without trusting them.

A model is a program that can write into this folder: links, pipes, forged lines, endless files.
Links are not followed, reads do not block, and every read has a size limit.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

_MB = 1024 * 1024

LINE = 4 * _MB
"""The most bytes in a line of the journal."""

CONTENTS = 256 * _MB
"""The most bytes in the contents of one answer."""

FOLDER, FILES = 2048 * _MB, 20_000
"""The most bytes and files in the folder of a sandboxed worker."""


class BreachError(Exception):
    """A worker's folder has something that no worker writes; the message says what."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading.

    Raises:
        FileNotFoundError: the file does not exist.
        BreachError: it is a link, a hard link, a pipe, or another kind of file.
    """
    safe_flags = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
    flags = os.O_RDONLY
    for name in safe_flags:
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENOTDIR, errno.EACCES):
            raise BreachError(f"{path.name} is no longer a regular file") from error
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(descriptor)
        raise BreachError(f"{path.name} is no longer a regular file")
    with open(descriptor, "rb") as file:  # noqa: PTH123
        yield file


class Tail:
    """Reads the lines that were added to a file after the last read.

    Args:
        path: of the file; it may not exist yet.
        most: the most bytes that the file may have.
    """

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._most = most
        self._position = 0
        self._file: tuple[int, int] | None = None
        self._seen: _Stamp | None = None

    def lines(self) -> Iterator[bytes]:
        """The new complete lines, without line breaks; an incomplete one is left for the next call.

        Raises:
            BreachError: the file was replaced, shortened or removed, or a line or it is too long.
        """
        stamp = _stamp(self._path)
        more = stamp is None or stamp != self._seen
        self._seen = stamp
        while more:
            try:
                with opened(self._path) as file:
                    self._check(file)
                    file.seek(self._position)
                    data = file.read(LINE)
            except FileNotFoundError:
                if self._file is not None:
                    raise BreachError(f"{self._path.name} is gone") from None
                return
            end = data.rfind(b"\n") + 1
            more = len(data) == LINE
            if more and not end:
                raise BreachError(f"a line of {self._path.name} has more than {LINE // _MB} MB")
            self._position += end
            yield from data[: max(0, end - 1)].split(b"\n") if end else ()

    def _check(self, file: BinaryIO) -> None:
        found = os.fstat(file.fileno())
        self._file = self._file or (found.st_dev, found.st_ino)
        if (found.st_dev, found.st_ino) != self._file or found.st_size < self._position:
            raise BreachError(f"{self._path.name} was replaced")
        if found.st_size > self._most:
            raise BreachError(f"{self._path.name} has more than {self._most // _MB} MB")


_Stamp = tuple[int, ...]


def _stamp(path: Path) -> _Stamp | None:
    """What changes when a file is replaced, linked or written to; None if it does not exist."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_mode, found.st_nlink, found.st_size)


def take(file: Path, places: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """Read contents from a file.

    Args:
        file: with the contents.
        places: ``offset`` and ``size`` in bytes, and the SHA-256 ``digest``, of each content.

    Returns:
        The contents by digest.

    Raises:
        BreachError: the file does not have them, a digest differs, or they are too large together.
    """
    size = sum(place["size"] for place in places)
    if size > CONTENTS:
        raise BreachError(
            f"what it returned takes {size // _MB:,} MB, and no more than {CONTENTS // _MB} are "
            "accepted: compare on fewer rows"
        )
    if not places:
        return {}
    found = {}
    try:
        with opened(file) as stream:
            if max(place["offset"] + place["size"] for place in places) > _size(stream):
                raise BreachError(f"{file.name} was cut short")
            for place in places:
                stream.seek(place["offset"])
                content = stream.read(place["size"])
                if hashlib.sha256(content).hexdigest() != place["digest"]:
                    raise BreachError(f"{file.name} does not have the content that was announced")
                found[place["digest"]] = content
    except FileNotFoundError:
        raise BreachError(f"{file.name} is gone") from None
    return found


def locate(folder: Path, files: Iterable[dict[str, Any]]) -> None:
    """Check the files that a worker wrote, and replace their names by absolute paths.

    Args:
        folder: of the files.
        files: each with its name as ``path``, ``sha256`` and ``size`` in bytes; changed in place.
            Entries without a ``path`` are skipped.

    Raises:
        BreachError: a file does not exist, is not a regular file, or has other content.
    """
    for entry in files:
        if "path" not in entry:
            continue
        name = str(entry["path"])
        if not _PLAIN_NAME.fullmatch(name):
            raise BreachError(f"it names a file that it may not write: {name[:100]!r}")
        try:
            with opened(folder / name) as file:
                found = hashlib.sha256()
                while chunk := file.read(_MB):
                    found.update(chunk)
                if (found.hexdigest(), _size(file)) != (entry["sha256"], entry["size"]):
                    raise BreachError(f"{name} does not have the content that was announced")
        except FileNotFoundError:
            raise BreachError(f"{name} is gone") from None
        entry["path"] = str(folder / name)


_PLAIN_NAME = re.compile(r"resaved-\d{1,9}-[a-z0-9-]{1,40}(\.[a-z0-9]{1,10}){1,2}")


def _size(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_size


def watch(folder: Path) -> None:
    """Check the number of files in a folder and its size on disk.

    Raises:
        BreachError: one of them is above its limit.
    """
    size = count = 0
    waiting = [folder]
    while waiting:
        inner = waiting.pop()
        try:
            for entry in os.scandir(inner):
                with contextlib.suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    size += getattr(found, "st_blocks", found.st_size // 512) * 512
                    if stat.S_ISDIR(found.st_mode):
                        waiting.append(inner / entry.name)
                count += 1
                if count > FILES:
                    raise BreachError(f"it made more than {FILES:,} files")
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise BreachError("it made folders too deep to look into") from error
            continue  # removed meanwhile, or without read permission
        if size > FOLDER:
            raise BreachError(f"it wrote more than {FOLDER // _MB:,} MB")
