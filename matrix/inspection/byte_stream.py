"""The bytes of a saved file, decompressed on demand up to a limit."""

from __future__ import annotations

import bz2
import io
import lzma
import math
import os
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from matrix.inspection.read_errors import (
    COPY_AGAIN,
    DamageError,
    TooMuchError,
    TruncatedError,
    UnreadableError,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 256 * 1024
_LZMA_MEMORY = 256 * 1024 * 1024
"""Limit on the memory of the lzma decompressor in bytes; ``preset=9`` needs a quarter of it."""
_OLD_HEADER = 21
"""Bytes of the header of joblib before 0.10: ``ZF`` and the length in hexadecimal digits."""


def _lz4() -> Any:
    try:
        import lz4.frame
    except ImportError:
        raise UnreadableError(
            "is compressed with lz4, and the package lz4 is not installed beside this tool",
            advice="Install it with: pip install lz4",
        ) from None
    return lz4.frame.LZ4FrameDecompressor()


_Decompressor = Callable[[], Any]

_DECOMPRESSORS: dict[str, tuple[bytes, _Decompressor]] = {
    "gzip": (b"\x1f\x8b", lambda: zlib.decompressobj(31)),
    "bz2": (b"BZh", bz2.BZ2Decompressor),
    "xz": (b"\xfd7zXZ", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY)),
    "lzma": (b"]\x00", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY)),
    "lz4": (b"\x04\x22\x4d\x18", _lz4),
    "zlib": (b"x", lambda: zlib.decompressobj(15)),
}
"""By name: the first bytes, by which joblib detects it, and the decompressor."""


def compression(head: bytes) -> str:
    """The compression of a file that begins with ``head``; empty if joblib reads no such one."""
    if head.startswith(b"ZF0x"):
        return "zlib"
    for name, (prefix, _) in _DECOMPRESSORS.items():
        if head.startswith(prefix):
            if name == "zlib" and (len(head) < 2 or int.from_bytes(head[:2], "big") % 31):
                return ""
            return name
    return ""


class FileSection(io.RawIOBase):
    """A part of a file as a file of its own; it keeps its own position.

    Args:
        file: the whole file, which others may move in.
        start, size: of the part, in bytes.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._whole = file
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        left = max(0, self._size - self._position)
        self._whole.seek(self._start + self._position)
        data = self._whole.read(min(len(view), left))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


class Stream:
    """A stream of bytes that enforces the frames of pickle protocol 4 and later.

    A frame announces a number of bytes. The C and the Python unpickler differ if an opcode reaches
    over the end of a frame, so such files are refused.
    """

    def __init__(self, file: BinaryIO, size: int, compressor: str, cap: int) -> None:
        self.packed = bool(compressor)
        self._seekable = not compressor
        self._size = size
        self._cap = cap if compressor else size
        raw: Any = _DecompressedFile(file, compressor) if compressor else file
        self._raw = raw
        self._file = io.BufferedReader(raw, _CHUNK)
        self._frame: float = math.inf
        self.position = 0
        """Number of (decompressed) bytes read so far."""

    def peek(self, size: int) -> bytes:
        """Up to ``size`` next bytes, without consuming them."""
        return self._guarded(lambda: self._file.peek(size))[:size]

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes.

        Raises:
            UnreadableError: the stream ends before, or a limit is reached.
        """
        self._advance(size)
        data = self._file.read(size) if self._seekable else self._guarded(self._reader(size))
        if len(data) != size:
            self._raise_truncated(size - len(data))
        return data

    def read_line(self, longest: int) -> bytes | None:
        """The rest of the line without its newline; None if it is longer than ``longest``."""
        data = self._guarded(lambda: self._file.readline(longest + 1))
        kept: bytes | None = data
        while data and not data.endswith(b"\n"):
            self._advance(len(data))
            kept = None
            data = self._guarded(lambda: self._file.readline(_CHUNK))
        self._advance(len(data))
        if not data:
            self._raise_truncated(0)
        return kept if kept is None else kept[:-1]

    def skip(self, size: int) -> None:
        """Skip ``size`` bytes."""
        self._advance(size)
        if self._seekable and size > _CHUNK:
            left = self._size - (self.position - size)
            if size > left:
                self._raise_truncated(size - left)
            self._file.seek(size, os.SEEK_CUR)
            return
        while size:
            data = self._guarded(self._reader(min(size, _CHUNK)))
            if not data:
                self._raise_truncated(size)
            size -= len(data)

    def begin_frame(self, size: int) -> None:
        """Begin a frame of ``size`` bytes."""
        self.leave_frame()
        if self._seekable and size > self._size - self.position:
            self._raise_truncated(size, ahead=True)
        self._frame = self.position + size

    def leave_frame(self) -> None:
        """Check that the current frame, if any, ends here.

        Raises:
            DamageError: it does not.
        """
        if self.position < self._frame < math.inf:
            raise DamageError("continues outside an unfinished frame", position=self.position)
        self._frame = math.inf

    def end_frame(self) -> int:
        """Skip the rest of the current frame; return its number of bytes."""
        left = 0
        if self.position < self._frame < math.inf:
            left = int(self._frame) - self.position
            self.skip(left)
        self._frame = math.inf
        return left

    def detach(self) -> None:
        """Detach from the file, which stays open."""
        self._file.detach()

    def has_more(self) -> bool:
        """Whether more bytes follow."""
        try:
            return bool(self.peek(1))
        except UnreadableError:
            return True

    @property
    def joined(self) -> bool:
        """Whether more than one compressed stream was read, one after the other."""
        return self.packed and bool(self._raw.joined)

    def _reader(self, size: int) -> Callable[[], bytes]:
        return lambda: self._file.read(size)

    def _advance(self, size: int) -> None:
        if self.position >= self._frame:
            self._frame = math.inf
        self.position += size
        if self.position > self._frame:
            self.position -= size
            raise DamageError("reaches over the end of a frame", position=self.position)
        if self.position > self._cap and not self._seekable:
            raise TooMuchError(
                f"decompresses to more than {self._cap / 1024**3:.1f} GiB; reading stopped there",
                advice="If the model is that large, save it without compression.",
            )

    def _raise_truncated(self, missing: int, *, ahead: bool = False) -> None:
        if not ahead:
            self.position -= missing
        packed = "" if self._seekable else " decompressed"
        here = self._size if self._seekable else self.position
        raise TruncatedError(
            f"is truncated after {here:,}{packed} bytes",
            advice=COPY_AGAIN,
            position=here,
        )

    def _guarded(self, read: Callable[[], bytes]) -> bytes:
        """Call ``read``, and raise DamageError for any error of a decompressor."""
        try:
            return read()
        except (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError) as error:
            raise DamageError(
                f"cannot be decompressed beyond {self.position:,} bytes: {error}",
                advice=COPY_AGAIN,
            ) from error


class _DecompressedFile(io.RawIOBase):
    """A compressed file, decompressed in chunks; concatenated compressed streams are joined."""

    def __init__(self, file: BinaryIO, compressor: str) -> None:
        self._file = file
        self._new = _DECOMPRESSORS[compressor][1]
        self._unpacker = self._new()
        self._fed = b""
        self._over = False
        self.joined = False
        """Whether more data followed the end of a compressed stream."""
        if compressor == "zlib" and file.read(2) == b"ZF":
            file.seek(_OLD_HEADER)
            if file.read(1) == b" ":
                return
            file.seek(_OLD_HEADER)
        else:
            file.seek(0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = b""
        while not data and not self._over:
            data = self._step(len(view))
        view[: len(data)] = data
        return len(data)

    def _step(self, longest: int) -> bytes:
        unpacker = self._unpacker
        if unpacker.eof:
            self._fed = unpacker.unused_data or self._file.read(_CHUNK)
            if not self._fed:
                self._over = True
                return b""
            self.joined = True
            self._unpacker = unpacker = self._new()
        elif self._needs_input():
            self._fed = self._file.read(_CHUNK)
            self._over = not self._fed
        data: bytes = unpacker.decompress(self._fed, longest)
        self._fed = getattr(unpacker, "unconsumed_tail", b"")
        if data and self._over:  # the rest of zlib's buffer
            self._over = False
        return data

    def _needs_input(self) -> bool:
        """Whether the decompressor needs more input before it can return data."""
        if hasattr(self._unpacker, "needs_input"):
            return bool(self._unpacker.needs_input)
        return not self._fed
