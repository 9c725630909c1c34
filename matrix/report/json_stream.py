"""Reads a JSON document with one long array item by item, in constant memory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, TextIO

import msgspec

_CHUNK = 1 << 16
_NO_VALUE = object()
_decode = msgspec.json.decode
_AFTER_VALUE = frozenset(" \t\r\n,:]}")
"""Characters that may follow a value."""


class NotJsonError(ValueError):
    """The file is not valid JSON, or not of the expected form."""


def _refuse(literal: str) -> NoReturn:
    raise NotJsonError(f"{literal} is not JSON")


class Document:
    """A file with one JSON object, one member of which is a long array.

    Args:
        path: the file.
        streamed: the key of that member.
    """

    def __init__(self, path: Path, streamed: str) -> None:
        self.path = path
        self._streamed = streamed
        self._version: tuple[int, int, int] | None = None

    def members(self) -> Iterator[tuple[str, Any]]:
        """Yield key and value of each member in order; for the array, its key with each item.

        Raises:
            OSError: the file cannot be read.
            NotJsonError: it is not such a document, or it changed after it was first read.
        """
        with self.path.open(encoding="utf-8") as stream:
            self._check_version(stream)
            try:
                yield from _members(_Scanner(stream), self._streamed)
            except NotJsonError:
                raise
            except (ValueError, RecursionError) as error:  # not UTF-8, digits or depth without end
                raise NotJsonError(str(error)) from error

    def items(self) -> Iterator[Any]:
        """Yield the items of the array."""
        return (value for key, value in self.members() if key == self._streamed)

    def _check_version(self, stream: TextIO) -> None:
        """Refuse a file that changed between two passes over it."""
        found = os.fstat(stream.fileno())
        version = (found.st_ino, found.st_size, found.st_mtime_ns)
        if self._version not in (None, version):
            raise NotJsonError("it changed while it was being read")
        self._version = version


def _members(scanner: _Scanner, streamed: str) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for _ in scanner.entries("{", "}"):
        key = scanner.value()
        if not isinstance(key, str) or key in seen:
            raise NotJsonError(f"{key!r} is not a key, or occurs twice")
        seen.add(key)
        scanner.expect(":")
        if key == streamed:
            for _ in scanner.entries("[", "]"):
                yield key, scanner.value()
        else:
            yield key, scanner.value()
    if scanner.peek():
        raise NotJsonError("something follows the end")


class _Scanner:
    """Reads values from a stream, with at most the current value in memory."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._buffer = ""
        self._position = 0
        self._decoder = json.JSONDecoder(parse_constant=_refuse)

    def entries(self, opening: str, closing: str) -> Iterator[None]:
        """Yield before each entry of an array or object; the caller reads the entry."""
        self.expect(opening)
        if self.peek() == closing:
            self.expect(closing)
            return
        while True:
            yield
            if self.peek() == closing:
                self.expect(closing)
                return
            self.expect(",")

    def peek(self) -> str:
        """Return the next character that is not white space; empty at the end."""
        while True:
            while self._position < len(self._buffer):
                character = self._buffer[self._position]
                if character not in " \t\r\n":
                    return character
                self._position += 1
            if not self._more(_CHUNK):
                return ""

    def expect(self, character: str) -> None:
        """Skip this character; raise if another one comes."""
        found = self.peek()
        if found != character:
            raise NotJsonError(f"{character!r} expected, {found or 'the end'!r} found")
        self._position += 1

    def value(self) -> Any:
        """Return the value that starts here, reading larger and larger chunks until it is whole."""
        self.peek()
        found = self._line()
        if found is not _NO_VALUE:
            return found
        size = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if not self._more(size):
                    raise NotJsonError(error.msg) from error
            else:
                # A number may continue after the buffer: 2 of 2. of 2.5
                if self._buffer[end : end + 1] in _AFTER_VALUE or not self._more(size):
                    self._position = end
                    return value
            size *= 2

    def _line(self) -> Any:
        """The value that is the rest of this line, as our own reports write cells.

        A fast parser that needs to know where the value ends reads it; no value of JSON holds a
        line break that could be mistaken for its end, unless it is spread over several lines.

        Returns:
            ``_NO_VALUE`` if the line is not in memory, or holds less or more than one value.
        """
        end = self._buffer.find("\n", self._position)
        if end < 0:
            return _NO_VALUE
        if self._buffer[end - 1] == ",":
            end -= 1
        try:
            value = _decode(self._buffer[self._position : end])
        except (ValueError, RecursionError, msgspec.DecodeError):
            return _NO_VALUE
        self._position = end
        return value

    def _more(self, size: int) -> bool:
        chunk = self._stream.read(size)
        if chunk:
            self._buffer = self._buffer[self._position :] + chunk
            self._position = 0
        return bool(chunk)
