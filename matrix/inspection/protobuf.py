"""Read messages of protocol buffers field by field, without their definitions and without copying.

A reader visits only the fields that it names: a field of bytes stays a range until it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from matrix.inspection.read_errors import COPY_AGAIN, DamageError, TruncatedError

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
"""Bytes; an integer of 64 bits needs no more."""


@dataclass(frozen=True, slots=True)
class Message:
    """A part of a file that holds a message, or the bytes of a field."""

    data: bytes | mmap
    start: int
    end: int

    def fields(self) -> Iterator[Field]:
        """Yield the fields in the order of the file.

        Raises:
            TruncatedError: a field is longer than the message.
            DamageError: the bytes are no message.
        """
        place = self.start
        while place < self.end:
            tag, place = self._varint(place)
            number, kind = tag >> 3, tag & 7
            if number == 0:
                raise DamageError("holds a field with the number 0", position=place)
            if kind == _VARINT:
                value, place = self._varint(place)
                yield Field(number, value, None)
                continue
            if kind == _BYTES:
                size, place = self._varint(place)
            elif kind in (_FIXED_64, _FIXED_32):
                size = 8 if kind == _FIXED_64 else 4
            else:
                raise DamageError(f"holds a field of the unknown kind {kind}", position=place)
            if size > self.end - place:
                raise TruncatedError(
                    f"ends too early: a field of {size:,} bytes has {self.end - place:,}",
                    advice=COPY_AGAIN,
                    position=place,
                )
            if kind == _BYTES:
                yield Field(number, 0, Message(self.data, place, place + size))
            place += size

    def text(self, most: int) -> str:
        """The bytes as text, of which so many are read at most."""
        return self.data[self.start : min(self.end, self.start + most)].decode("utf-8", "replace")

    def _varint(self, place: int) -> tuple[int, int]:
        value = 0
        for count in range(_LONGEST_VARINT):
            if place >= self.end:
                raise TruncatedError("ends too early", advice=COPY_AGAIN, position=place)
            byte = self.data[place]
            value |= (byte & 0x7F) << 7 * count
            place += 1
            if byte < 0x80:
                return value, place
        raise DamageError("holds an integer of more than 64 bits", position=place)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message."""

    number: int
    value: int
    """Of an integer; 0 for other kinds."""
    message: Message | None
    """The bytes of a text, a message or an array; None for a number."""
