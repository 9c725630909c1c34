"""Read the names of the columns of a Parquet file from its footer, without a library for it.

The footer is Thrift in its compact protocol: https://parquet.apache.org/docs/file-format/metadata/.
Only the list of schema elements is read, and everything that is not understood gives no names.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

_MAGIC = b"PAR1"
_LONGEST_FOOTER = 16 * 1024 * 1024
_SCHEMA, _NAME, _CHILDREN = 2, 4, 5
"""Numbers of fields: the schema in the file's metadata; name and children in its elements."""
_FIXED = {1: 0, 2: 0, 3: 1, 7: 8}
"""By type, the number of bytes of its values: true, false, a byte, a double."""
_INTEGERS, _BINARY, _LISTS, _STRUCT = (4, 5, 6), 8, (9, 10), 12
_DEEPEST = 20


def parquet_columns(file: Path) -> list[str] | None:
    """Return the names of the columns, outermost ones alone; None if they cannot be read.

    An index of pandas is among them.
    """
    try:
        with file.open("rb") as stream:
            stream.seek(-8, 2)
            length, magic = struct.unpack("<I4s", stream.read(8))
            if magic != _MAGIC or length > _LONGEST_FOOTER:
                return None
            stream.seek(-8 - length, 2)
            return columns_of_footer(stream.read(length))
    except (OSError, struct.error):
        return None


def columns_of_footer(footer: bytes) -> list[str] | None:
    """Return the names of the outermost columns; None if these bytes are no footer."""
    try:
        return _outermost(_FooterReader(footer).struct().get(_SCHEMA))
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _outermost(elements: Any) -> list[str] | None:
    """The names of the children of the first element; the tree stands in the file depth first."""
    root, *rest = elements
    names, position = [], 0
    for _ in range(root[_CHILDREN]):
        names.append(rest[position][_NAME].decode("utf-8"))
        left = 1
        while left:
            left += rest[position].get(_CHILDREN, 0) - 1
            position += 1
    return names or None


class _FooterReader:
    """Reads values of the compact protocol, one after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """The fields of a struct by number."""
        found: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._integer()
            found[number] = self._value(head & 15, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("too deep")
        if kind in _INTEGERS:
            return self._integer()
        if kind in _FIXED:
            return self._bytes(_FIXED[kind])
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind in _LISTS:
            return self._list(depth)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise ValueError("a map, or an unknown type")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size = self._unsigned() if head >> 4 == 15 else head >> 4
        kind = head & 15
        if size > len(self._data):
            raise ValueError("longer than the file")
        if kind in (1, 2):
            return [self._byte() for _ in range(size)]
        return [self._value(kind, depth + 1) for _ in range(size)]

    def _integer(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)

    def _unsigned(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number
            if shift > 63:
                raise ValueError("an integer of more than 64 bits")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise ValueError("longer than the file")
        self._at += size
        return self._data[self._at - size : self._at]
