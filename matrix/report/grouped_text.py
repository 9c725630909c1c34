"""Text that is written in any order of its groups and read back group by group.

Cells come pair of environments by pair, so the cells of one pipeline are far apart. A report that
lists them together puts its text here instead of holding it: what does not fit into a small buffer
goes to a temporary file, so memory grows with the groups and not with the text.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType

_BLOCK = 1024
"""Characters of one group that are held before they are written to the file."""
_IN_MEMORY = 64 * 1024
"""Bytes up to which there is no file."""


class GroupedText:
    """Pieces of text by group. Use it as a context manager: the file goes at its end.

    Raises:
        OSError: from every method, if the temporary file cannot be written or read.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._held: dict[str, list[str]] = {}
        self._sizes: dict[str, int] = {}
        self._blocks: dict[str, array[int]] = {}
        """By group: where each of its blocks begins in the file and how many bytes it has."""
        self._end = 0

    def __enter__(self) -> GroupedText:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, group: str, text: str) -> None:
        """Add text at the end of a group."""
        held = self._held.setdefault(group, [])
        held.append(text)
        self._sizes[group] = self._sizes.get(group, 0) + len(text)
        if self._sizes[group] >= _BLOCK:
            self._write(group, "".join(held))
            held.clear()
            self._sizes[group] = 0

    def of(self, group: str) -> Iterator[str]:
        """The text of a group, a block at a time, in the order in which it was added."""
        blocks = self._blocks.get(group, array("Q"))
        for start, size in zip(blocks[::2], blocks[1::2], strict=True):
            self._file.seek(start)
            yield self._file.read(size).decode("utf-8")
        yield from self._held.get(group, [])

    def _write(self, group: str, text: str) -> None:
        data = text.encode("utf-8")
        self._file.seek(self._end)
        self._file.write(data)
        self._blocks.setdefault(group, array("Q")).extend((self._end, len(data)))
        self._end += len(data)
