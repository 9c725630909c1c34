"""Files in which shards exchange what they have saved, in a folder that all of them read.

One zip archive for each shard::

    share.json            what the shard did, as JSON
    contents/<sha256>     rows and recorded outputs
    artifacts/<sha256>    saved models

A CI system uploads and downloads such a file as it is. Every member is checked against the digest
in its name when it is read.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matrix.atomic_write import draft
from matrix.errors import CannotTellError
from matrix.model import codec
from matrix.store.disk_errors import as_store_error

ENDING = ".share.zip"
_HEAD = "share.json"


def write_share(
    file: Path,
    head: Mapping[str, Any],
    contents: Iterable[tuple[str, bytes]],
    artifacts: Iterable[tuple[str, Path]],
) -> None:
    """Write the file of one shard, whole or not at all.

    Args:
        file: to write; its folder is made.
        head: JSON.
        contents: digests and bytes, each digest once.
        artifacts: digests and paths, each digest once.

    Raises:
        StoreError: it cannot be written.
    """
    with as_store_error(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft(file) as partial:
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for digest, data in contents:
                    archive.writestr(f"contents/{digest}", data)
                for digest, path in artifacts:
                    archive.write(path, f"artifacts/{digest}")
                archive.writestr(_HEAD, codec.encode(head))
            partial.replace(file)


class ShareFile:
    """The file of one shard, open for reading.

    Args:
        file: its path.
        archive: the open file.

    Raises:
        CannotTellError: from every method, if it is not what a shard wrote.
    """

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self.file = file
        self._archive = archive

    def head(self) -> dict[str, Any]:
        """What the shard did, as JSON."""
        try:
            head = codec.decode(self._read(_HEAD))
        except ValueError as error:
            raise damaged(self.file) from error
        if not isinstance(head, dict):
            raise damaged(self.file)
        return head

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Digest and bytes of each content."""
        return self._members("contents/")

    def artifacts(self) -> Iterator[tuple[str, bytes]]:
        """Digest and bytes of each saved model."""
        return self._members("artifacts/")

    def _members(self, folder: str) -> Iterator[tuple[str, bytes]]:
        for name in self._archive.namelist():
            if name.startswith(folder):
                digest, data = name.removeprefix(folder), self._read(name)
                if hashlib.sha256(data).hexdigest() != digest:
                    raise damaged(self.file)
                yield digest, data

    def _read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except _DAMAGE as error:
            raise damaged(self.file) from error


_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError)


def damaged(file: Path) -> CannotTellError:
    """The error of a file that is not what a shard wrote."""
    return CannotTellError(
        f"{file} is damaged, or was not written by a shard of this version",
        advice="Run the shard that wrote it again, with --save-only.",
    )


@contextmanager
def open_share(file: Path) -> Iterator[ShareFile]:
    """Open the file of a shard.

    Raises:
        CannotTellError: it is not what a shard wrote.
        StoreError: it cannot be read.
    """
    with as_store_error(file.parent):
        try:
            archive = zipfile.ZipFile(file)
        except _DAMAGE as error:
            raise damaged(file) from error
        with archive:
            yield ShareFile(file, archive)
