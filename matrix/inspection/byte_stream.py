"""The bytes of a saved file, unpacked as they are asked for, and never more than is allowed."""

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
    ANEW,
    DamageError,
    TooMuchError,
    TruncatedError,
    UnreadableError,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 256 * 1024
_LZMA_MEMORY = 256 * 1024 * 1024
"""What the dictionary of an lzma file may take; the strongest usual setting needs a quarter."""
_OLD_HEADER = 21
"""``ZF`` and the length in hexadecimal digits, as joblib wrote them before 0.10."""


def _lz4() -> Any:
    try:
        import lz4.frame
    except ImportError:
        raise UnreadableError(
            "is compressed with lz4, and the lz4 module is not installed here",
            advice="Install lz4 beside this tool, or unpack the file first.",
        ) from None
    return lz4.frame.LZ4FrameDecompressor()


_Unpacker = Callable[[], Any]

_UNPACKERS: dict[str, tuple[bytes, _Unpacker]] = {
    "gzip": (b"\x1f\x8b", lambda: zlib.decompressobj(31)),
    "bz2": (b"BZh", bz2.BZ2Decompressor),
    "xz": (b"\xfd7zXZ", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY)),
    "lzma": (b"]\x00", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY)),
    "lz4": (b"\x04\x22\x4d\x18", _lz4),
    "zlib": (b"x", lambda: zlib.decompressobj(15)),
}
"""By name: the first bytes, as joblib goes by them, and how to unpack."""


def compression(head: bytes) -> str:
    """Which compressor wrote bytes that begin so; empty if none of those that joblib reads."""
    if head.startswith(b"ZF0x"):
        return "zlib"
    for name, (prefix, _) in _UNPACKERS.items():
        if head.startswith(prefix):
            if name == "zlib" and (len(head) < 2 or int.from_bytes(head[:2], "big") % 31):
                return ""
            return name
    return ""


class Stream:
    """Bytes in order, with the frames that newer pickles divide them into.

    A frame says that so many bytes belong together. Loaders take it at its word in different ways,
    so that whatever reaches over the end of a frame is refused.
    """

    def __init__(self, file: BinaryIO, size: int, compressor: str, cap: int) -> None:
        self.packed = bool(compressor)
        self._seekable = not compressor
        self._size = size
        self._cap = cap if compressor else size
        raw: Any = _Unpacked(file, compressor) if compressor else file
        self._file = io.BufferedReader(raw, _CHUNK)
        self._frame: float = math.inf
        self.position = 0
        """How many bytes were read."""

    def peek(self, size: int) -> bytes:
        """What comes next, without going on."""
        return self._guarded(lambda: self._file.peek(size))[:size]

    def read(self, size: int) -> bytes:
        """Exactly so many bytes: few enough to hold them.

        Raises:
            UnreadableError: there are not so many.
        """
        self._advance(size)
        data = self._file.read(size) if self._seekable else self._guarded(self._reader(size))
        if len(data) != size:
            self._short(size - len(data))
        return data

    def line(self, longest: int) -> bytes | None:
        """The bytes up to the end of a line, without it; None, and gone by, if there are more."""
        data = self._guarded(lambda: self._file.readline(longest + 1))
        kept: bytes | None = data
        while data and not data.endswith(b"\n"):
            self._advance(len(data))
            kept = None
            data = self._guarded(lambda: self._file.readline(_CHUNK))
        self._advance(len(data))
        if not data:
            self._short(0)
        return kept if kept is None else kept[:-1]

    def skip(self, size: int) -> None:
        """Go so many bytes on without keeping them."""
        self._advance(size)
        if self._seekable and size > _CHUNK:
            left = self._size - (self.position - size)
            if size > left:
                self._short(size - left)
            self._file.seek(size, os.SEEK_CUR)
            return
        while size:
            data = self._guarded(self._reader(min(size, _CHUNK)))
            if not data:
                self._short(size)
            size -= len(data)

    def begin_frame(self, size: int) -> None:
        """A frame of so many bytes begins here."""
        self.leave_frame()
        if self._seekable and size > self._size - self.position:
            self._short(size, ahead=True)
        self._frame = self.position + size

    def leave_frame(self) -> None:
        """What comes next is outside any frame.

        Raises:
            DamageError: but the frame is not over.
        """
        if self.position < self._frame < math.inf:
            raise DamageError("goes on outside a frame that is not over", position=self.position)
        self._frame = math.inf

    def end_frame(self) -> int:
        """Leave the frame wherever it is; returns how many bytes of it were left."""
        left = 0
        if self.position < self._frame < math.inf:
            left = int(self._frame) - self.position
            self.skip(left)
        self._frame = math.inf
        return left

    def release(self) -> None:
        """Let go of the file, which stays open."""
        self._file.detach()

    def more(self) -> bool:
        """Whether anything follows."""
        try:
            return bool(self.peek(1))
        except UnreadableError:
            return True

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
                f"unpacks to more than {self._cap / 1024**3:.1f} GiB, and was not read further",
                advice="If that is what it should hold, save it without compression.",
            )

    def _short(self, missing: int, *, ahead: bool = False) -> None:
        if not ahead:
            self.position -= missing
        packed = "" if self._seekable else " unpacked"
        here = self._size if self._seekable else self.position
        raise TruncatedError(
            f"ends too early, after {here:,}{packed} bytes: it is not whole",
            advice=ANEW,
            position=here,
        )

    def _guarded(self, read: Callable[[], bytes]) -> bytes:
        """What is read, with all that a decompressor may raise as a fault."""
        try:
            return read()
        except (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError) as error:
            raise DamageError(
                f"cannot be unpacked beyond {self.position:,} bytes: {error}",
                advice=ANEW,
            ) from error


class _Unpacked(io.RawIOBase):
    """A compressed file unpacked piece by piece; parts that follow each other are one."""

    def __init__(self, file: BinaryIO, compressor: str) -> None:
        self._file = file
        self._new = _UNPACKERS[compressor][1]
        self._unpacker = self._new()
        self._fed = b""
        self._over = False
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
            self._unpacker = unpacker = self._new()
        elif self._hungry():
            self._fed = self._file.read(_CHUNK)
            self._over = not self._fed
        data: bytes = unpacker.decompress(self._fed, longest)
        self._fed = getattr(unpacker, "unconsumed_tail", b"")
        if data and self._over:  # the rest of what zlib kept to itself
            self._over = False
        return data

    def _hungry(self) -> bool:
        """Whether the decompressor can say nothing more without more bytes."""
        if hasattr(self._unpacker, "needs_input"):
            return bool(self._unpacker.needs_input)
        return not self._fed
