"""Read text attributes of the root of an HDF5 file, as h5py writes them by default.

Only the oldest form of the format is read (superblock 0, object headers of version 1), which h5py
and therefore Keras write. No data sets are read. Source: "HDF5 File Format Specification Version
3.0", sections II.A, III.E and IV.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from matrix.inspection.read_errors import COPY_AGAIN, DamageError, UnreadableError

MAGIC = b"\x89HDF\r\n\x1a\n"
_CONTINUATION, _ATTRIBUTE = 0x10, 0x0C
_FIXED, _VARIABLE = 3, 9
"""Classes of data types: texts of a fixed and of a variable length."""
_MOST_MESSAGES = 1000
_MOST_BYTES = 64 * 1024 * 1024
_OTHER_FORM = "is an HDF5 file in a form that h5py does not write by default"
_SAVE = "Load it where it was saved, and save it again with model.save(...)."


def root_attributes(file: BinaryIO) -> Mapping[str, str]:
    """The texts among the attributes of the root, by name.

    Args:
        file: at any position.

    Raises:
        DamageError: an address or a size points outside of the file.
        UnreadableError: the file has another form than the one described above.
    """
    return dict(_Hdf5File(file).attributes())


class _Hdf5File:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)

    def _at(self, place: int, size: int) -> bytes:
        if place < 0 or size < 0 or size > _MOST_BYTES or place + size > self._size:
            raise DamageError("is an HDF5 file that is damaged", advice=COPY_AGAIN)
        self._file.seek(place)
        return self._file.read(size)

    def attributes(self) -> Iterator[tuple[str, str]]:
        head = self._at(0, 96)
        if not head.startswith(MAGIC) or head[8] != 0 or head[13:15] != b"\x08\x08":
            raise UnreadableError(_OTHER_FORM, advice=_SAVE)
        base = int.from_bytes(head[24:32], "little")
        header = int.from_bytes(head[64:72], "little")
        if base != 0:
            raise UnreadableError(_OTHER_FORM, advice=_SAVE)
        for kind, body in self._messages(header):
            if kind == _ATTRIBUTE:
                found = self._attribute(body)
                if found is not None:
                    yield found

    def _messages(self, header: int) -> Iterator[tuple[int, bytes]]:
        """The messages of an object header, with those of its continuations."""
        version, _, count, _, size = struct.unpack("<BBHII", self._at(header, 12))
        if version != 1:
            raise UnreadableError(_OTHER_FORM, advice=_SAVE)
        blocks, seen = [(header + 16, size)], 0
        for place, length in blocks:  # grows during the loop
            block, at = self._at(place, length), 0
            while at + 8 <= len(block) and seen < min(count, _MOST_MESSAGES):
                kind, size = struct.unpack_from("<HH", block, at)
                body = block[at + 8 : at + 8 + size]
                at, seen = at + 8 + size, seen + 1
                if kind == _CONTINUATION and len(body) >= 16:
                    blocks.append(struct.unpack_from("<QQ", body))
                else:
                    yield kind, body

    def _attribute(self, body: bytes) -> tuple[str, str] | None:
        """The name and the text of an attribute; None for one that is no single text."""
        try:
            version = body[0]
            sizes = struct.unpack_from("<HHH", body, 2)
        except (struct.error, IndexError):
            raise DamageError("is an HDF5 file that is damaged", advice=COPY_AGAIN) from None
        if version not in (1, 2, 3):
            raise UnreadableError(_OTHER_FORM, advice=_SAVE)
        at, parts = 9 if version == 3 else 8, []
        for size in sizes:
            parts.append(body[at : at + size])
            at += -(-size // 8) * 8 if version == 1 else size
        name, datatype, dataspace = parts
        if len(dataspace) < 2 or dataspace[1] != 0 or len(datatype) < 8:
            return None  # not a single value
        kind, size = datatype[0] & 0x0F, int.from_bytes(datatype[4:8], "little")
        if kind == _FIXED:
            text = body[at : at + size]
        elif kind == _VARIABLE and len(body) >= at + 16:
            text = self._in_heap(*struct.unpack_from("<IQI", body, at))
        else:
            return None
        return _text(name), _text(text)

    def _in_heap(self, length: int, heap: int, index: int) -> bytes:
        """An object of a global heap."""
        head = self._at(heap, 16)
        if head[:5] != b"GCOL\x01":
            raise DamageError("is an HDF5 file that is damaged", advice=COPY_AGAIN)
        end = heap + int.from_bytes(head[8:16], "little")
        place = heap + 16
        while place + 16 <= end:
            number, _, _, size = struct.unpack("<HHIQ", self._at(place, 16))
            if number == index:
                return self._at(place + 16, min(size, length))
            if number == 0:
                break
            place += 16 + -(-size // 8) * 8
        raise DamageError("is an HDF5 file that is damaged", advice=COPY_AGAIN)


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode("utf-8", "replace")
