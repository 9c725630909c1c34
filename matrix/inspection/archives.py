"""Unpack archives that hold saved models: tar, also compressed, and zip.

An archive may be anybody's. Only regular files and folders are made, each with its checked name in
an empty folder that nobody else writes to. An archive with anything else is refused as a whole:
links, devices, names that lead out of the folder, names twice, files beyond the limits.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from matrix.errors import NotAModelError
from matrix.inspection import file_kinds, skops
from matrix.inspection.byte_stream import Stream, compression
from matrix.inspection.copying import append, as_store_error
from matrix.inspection.file_access import open_regular
from matrix.inspection.read_errors import COPY_AGAIN, DamageError, TooMuchError, UnreadableError
from matrix.inspection.result import InspectionLimits

_BLOCK = 512
_CHUNK = 1024 * 1024
_MOST_MEMBERS = 10_000
_LONGEST_NAME = 1024
"""In bytes of UTF-8."""
_DEEPEST = 32
_MOST_TEXT = 1024 * 1024
"""Bytes of one extended header of a tar archive."""
_MOST_DIRECTORY = 16 * 1024 * 1024
"""Bytes of the directory of a zip archive."""
_TAR_COMPRESSIONS = ("", "gzip", "bz2", "xz")
_UNPACK = "Unpack it yourself, and give the file of the model in it."
_DRIVE = re.compile(r"[A-Za-z]:")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def is_archive(path: Path, limits: InspectionLimits | None = None) -> bool:
    """Whether a file is an archive that may hold saved models.

    A skops file, a file of numpy arrays and a model of another library are zip archives too, and
    are none.

    Raises:
        NotAModelError: it is no regular file, or cannot be read.
    """
    with open_regular(path, limits) as file:
        return _kind(file, file.seek(0, os.SEEK_END)) != ""


def unpack(path: Path, folder: Path, limits: InspectionLimits | None = None) -> None:
    """Unpack an archive.

    Args:
        path: of a file for which :func:`is_archive` holds.
        folder: an empty folder.
        limits: ``unpacked`` is the size of all files together.

    Raises:
        NotAModelError: it is damaged, or has what no archive of models needs; the message names it.
        StoreError: a file cannot be written, such as on a full disk.
    """
    allowed = limits or InspectionLimits()
    with open_regular(path, allowed) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            kind = _kind(file, size)
            target = _UnpackedFolder(path, folder, allowed.unpacked)
            if kind == "zip":
                _unpack_zip(file, size, target)
            else:
                _unpack_tar(file, size, kind.removeprefix("tar:"), target)
        except UnreadableError as fault:
            raise NotAModelError(path, fault.problem, advice=fault.advice or _UNPACK) from fault


def _kind(file: BinaryIO, size: int) -> str:
    """``zip``, ``tar:`` with its compression, or empty for anything else."""
    file.seek(0)
    head = file.read(file_kinds.HEAD)
    if file_kinds.is_zip(head):
        return "zip" if file_kinds.is_plain_zip(file) else ""
    compressor = compression(head)
    if compressor not in _TAR_COMPRESSIONS or not head:
        return ""
    try:
        with _opened(file, size, compressor, _CHUNK) as stream:
            return f"tar:{compressor}" if _is_tar(stream.peek(_BLOCK)) else ""
    except UnreadableError:
        return ""


@contextmanager
def _opened(file: BinaryIO, size: int, compressor: str, cap: int) -> Iterator[Stream]:
    file.seek(0)
    stream = Stream(file, size, compressor, cap)
    try:
        yield stream
    finally:
        stream.detach()


def _is_tar(block: bytes) -> bool:
    return len(block) == _BLOCK and any(block) and _checksum(block) == _number(block[148:156])


def _checksum(block: bytes) -> int:
    return sum(block[:148]) + 8 * ord(" ") + sum(block[156:])


def _number(text: bytes) -> int:
    """A number in a header of a tar archive: octal, or binary if it is large; -1 if neither."""
    if text[:1] == b"\x80":
        return int.from_bytes(text[1:], "big")
    found = re.fullmatch(rb"[ \0]*([0-7]+)[ \0]*", text)
    if found:
        return int(found[1], 8)
    return -1 if text.strip(b" \0") else 0


# ------------------------------------------------------------------------ what is written


def checked_name(name: str) -> tuple[str, ...]:
    """The parts of the name of a member, without ``.``; empty for the top folder itself.

    Raises:
        UnreadableError: it leads out of the folder, or not every system could make such a file.
    """
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    why = ""
    if name.startswith("/") or _DRIVE.match(name) or "\\" in name:
        why = "a name that is not relative"
    elif ".." in parts:
        why = "a name that leads out of its folder"
    elif not name.isprintable() or any(part.endswith((" ", ".")) for part in parts):
        why = "a name with a control character, or with a space or dot at its end"
    elif any(_RESERVED.fullmatch(part) or ":" in part for part in parts):
        why = "a name that is a device on some systems"
    elif (
        len(name.encode("utf-8", "replace")) > _LONGEST_NAME
        or len(parts) > _DEEPEST
        or any(len(part.encode("utf-8", "replace")) > 255 for part in parts)
    ):
        why = "a name that is too long"
    if why:
        raise _refused(name, why)
    return parts


def _refused(name: str, why: str) -> UnreadableError:
    return UnreadableError(f"is an archive with {why}, and is not unpacked: {name[:200]!r}")


@dataclass(slots=True)
class _UnpackedFolder:
    """The folder that members are written to, and what is left of the limits."""

    archive: Path
    folder: Path
    left: int
    """Bytes."""
    members: int = 0
    seen: set[str] = field(default_factory=set)
    """Names of files and folders in lower case: some systems do not tell them apart."""
    folders: set[str] = field(default_factory=set)

    def count(self) -> None:
        self.members += 1
        if self.members > _MOST_MEMBERS:
            raise TooMuchError(
                f"is an archive with more than {_MOST_MEMBERS:,} members, the limit",
                advice=_UNPACK,
            )

    def add_folder(self, name: str) -> None:
        self._make(checked_name(name), name)

    def add_file(self, name: str, size: int, read: Callable[[int], bytes]) -> None:
        """Write a file; ``read`` returns at most so many bytes, and none at its end."""
        parts = checked_name(name)
        if not parts:
            raise _refused(name, "a file without a name")
        self._make(parts[:-1], name)
        key = "/".join(parts).casefold()
        if key in self.seen or key in self.folders:
            raise _refused(name, "a name that it has twice")
        self.seen.add(key)
        self._take(size)
        path = self.folder.joinpath(*parts)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with as_store_error(self.archive, self.folder):
            descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as target:
            while chunk := read(min(_CHUNK, size)):
                size -= len(chunk)
                with as_store_error(self.archive, self.folder):
                    append(target, chunk)
            with as_store_error(self.archive, self.folder):
                target.truncate()
        if size:
            raise DamageError("is an archive that is truncated", advice=COPY_AGAIN)

    def _take(self, size: int) -> None:
        self.left -= size
        if size < 0 or self.left < 0:
            raise TooMuchError(
                "is an archive that unpacks to more than the limit",
                advice="Unpack it yourself, or allow more under [tool.matrix.limits]: model-mb",
            )

    def _make(self, parts: tuple[str, ...], name: str) -> None:
        for number in range(1, len(parts) + 1):
            key = "/".join(parts[:number]).casefold()
            if key in self.seen:
                raise _refused(name, "a name that it has twice")
            if key not in self.folders:
                self.folders.add(key)
                with as_store_error(self.archive, self.folder):
                    self.folder.joinpath(*parts[:number]).mkdir(mode=0o700, exist_ok=True)


# ------------------------------------------------------------------------ zip


_ZIP_ERRORS = (
    zipfile.BadZipFile,
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
)
_FILE_KIND = 0o170000
_FOLDER, _REGULAR = 0o040000, 0o100000


def _unpack_zip(file: BinaryIO, size: int, target: _UnpackedFolder) -> None:
    if _directory_size(file, size) > _MOST_DIRECTORY:
        raise TooMuchError(f"is an archive with more than {_MOST_MEMBERS:,} members, the limit")
    try:
        archive = zipfile.ZipFile(file)
    except _ZIP_ERRORS as error:
        raise DamageError("is a damaged zip archive", advice=COPY_AGAIN) from error
    with archive:
        for member in archive.infolist():
            target.count()
            _unpack_member(archive, member, target)


def _directory_size(file: BinaryIO, size: int) -> int:
    """The size of the directory of a zip archive, as its end says; 0 if it has no plain end."""
    start = max(size - 65_557, 0)
    file.seek(start)
    end = file.read(65_557)
    place = end.rfind(b"PK\5\6")
    found = int.from_bytes(end[place + 12 : place + 16], "little") if place >= 0 else 0
    file.seek(0)
    return size if found == 0xFFFFFFFF else found


def _unpack_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: _UnpackedFolder
) -> None:
    kind = (member.external_attr >> 16) & _FILE_KIND
    if not member.filename:
        raise _refused("", "a file without a name")
    if member.flag_bits & 1:
        raise _refused(member.filename, "an encrypted file")
    if kind not in (0, _FOLDER, _REGULAR):
        raise _refused(member.filename, "a link or a special file")
    if member.orig_filename != member.filename:
        raise _refused(member.orig_filename, "a name that not every system reads alike")
    if member.is_dir():
        target.add_folder(member.filename)
    elif not _is_of_macos(member.filename):
        try:
            with archive.open(member) as stream:
                target.add_file(member.filename, member.file_size, stream.read)
        except skops.ARCHIVE_ERRORS as error:
            raise DamageError("is a damaged zip archive", advice=COPY_AGAIN) from error


def _is_of_macos(name: str) -> bool:
    """Whether a member holds what macOS keeps about another file."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")


# ------------------------------------------------------------------------ tar


_PLAIN_FILE = (b"0", b"\0", b"7")
_KINDS = {b"1": "a hard link", b"2": "a link", b"3": "a device", b"4": "a device", b"6": "a pipe"}


def _unpack_tar(file: BinaryIO, size: int, compressor: str, target: _UnpackedFolder) -> None:
    with _opened(file, size, compressor, target.left + 2 * _MOST_MEMBERS * _BLOCK) as stream:
        name, length = "", -1
        while (header := stream.read(_BLOCK)) != bytes(_BLOCK):
            target.count()
            if not _is_tar(header):
                raise DamageError("is a damaged tar archive", advice=COPY_AGAIN)
            kind, own = header[156:157], _number(header[124:136])
            if kind in (b"x", b"L"):
                text = _text(stream, own)
                found = _extended(text) if kind == b"x" else (_decoded(text.rstrip(b"\0")), -1)
                name, length = found[0] or name, max(found[1], length)
                continue
            if kind == b"g":
                _text(stream, own)
                continue
            _unpack_entry(
                stream, kind, name or _name(header), own if length < 0 else length, target
            )
            name, length = "", -1
            if not stream.has_more():  # an archive without an end is read by all programs
                return


def _text(stream: Stream, size: int) -> bytes:
    """The content of a header that extends the next one."""
    if not 0 <= size <= _MOST_TEXT:
        raise TooMuchError("is a tar archive with a header that is too large")
    text = stream.read(size)
    stream.skip(-size % _BLOCK)
    return text


def _unpack_entry(
    stream: Stream, kind: bytes, name: str, size: int, target: _UnpackedFolder
) -> None:
    if kind == b"5" or (kind in _PLAIN_FILE and name.endswith("/")):
        target.add_folder(name)
        return
    if kind not in _PLAIN_FILE:
        raise _refused(name, _KINDS.get(kind, "a special file"))
    if size < 0:
        raise DamageError("is a damaged tar archive", advice=COPY_AGAIN)
    if _is_of_macos(name):
        stream.skip(size)
    else:
        left = size

        def read(most: int) -> bytes:
            nonlocal left
            data = stream.read(min(most, left))
            left -= len(data)
            return data

        target.add_file(name, size, read)
    stream.skip(-size % _BLOCK)


def _name(header: bytes) -> str:
    name = _decoded(header[:100].split(b"\0", 1)[0])
    prefix = _decoded(header[345:500].split(b"\0", 1)[0]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _extended(text: bytes) -> tuple[str, int]:
    """The name and the size in an extended header of POSIX; empty and -1 without them."""
    name, size = "", -1
    while text:
        found = re.match(rb"(\d{1,7}) ([^=\n]{1,200})=", text)
        length = int(found[1]) if found else 0
        if found is None or not found.end() < length <= len(text):
            raise DamageError("is a damaged tar archive", advice=COPY_AGAIN)
        value = text[found.end() : length - 1]
        if found[2] == b"path":
            name = _decoded(value)
        elif found[2] == b"size":
            size = int(value) if value.isdigit() and len(value) < 20 else -1
        elif found[2].startswith(b"GNU.sparse"):
            raise UnreadableError("is a tar archive with a file of holes, which is not unpacked")
        text = text[length:]
    return name, size


def _decoded(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")
