"""A text file that names packages: on the disk, or in a revision of a git repository.

Readers see a file and its neighbours through :class:`SourceFile`. So a file of a revision includes
files of the same revision, never those of the working tree.
"""

from __future__ import annotations

import codecs
from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path, PurePath

from matrix.errors import UsageError
from matrix.model import FileLine
from matrix.user_files import is_outside, read_bounded, refuse_outside

LARGEST = 32 * 2**20
"""The largest file that is read, in bytes."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class SourceFile(ABC):
    """A text file, which need not exist."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its last part: ``uv.lock``."""

    @property
    @abstractmethod
    def identity(self) -> Hashable:
        """Equal for two ways to name the same file."""

    @property
    @abstractmethod
    def outside(self) -> bool:
        """Whether it is outside of the folder of the file that the user named."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is such a file."""

    @abstractmethod
    def beside(self, relative: str, why: str = "") -> SourceFile:
        """Return the file at a path relative to the folder of this one.

        Args:
            relative: with ``/``; it may begin with ``..``.
            why: what names that file, for messages; empty for the file itself.
        """

    @abstractmethod
    def content(self) -> bytes:
        """Return its bytes.

        Raises:
            UsageError: it does not exist, is too large, cannot be read or may not be read.
        """

    @property
    def day(self) -> str:
        """The day that the file is of, as ``2026-05-01``; empty for a file of today."""
        return ""

    def place(self, line: int) -> FileLine | None:
        """Return the place of a line; None if the file is not in the working tree."""
        return None

    def text(self) -> str:
        """Return its text, which is UTF-8 or UTF-16.

        Raises:
            UsageError: as :meth:`content`, or it is not such text.
        """
        content = self.content()
        encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            raise UsageError(f"{self}: is not UTF-8 (byte {error.start})") from None


@dataclass(frozen=True, slots=True)
class DiskFile(SourceFile):
    """A file on the disk; ``str()`` is its path as the user wrote it."""

    path: Path
    folder: Path
    """Of the file that the user named."""
    why: str = ""
    """What names it, for messages; empty for itself."""

    @classmethod
    def named(cls, path: Path) -> DiskFile:
        """Return the file that the user named."""
        return cls(path, path.parent)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        return PurePath(self.path).name

    @property
    def identity(self) -> Hashable:
        try:
            return self.path.resolve()
        except (OSError, ValueError, RuntimeError):  # a circle of links
            return self.path

    @property
    def outside(self) -> bool:
        return is_outside(self.path, self.folder)

    def exists(self) -> bool:
        try:
            return self.path.is_file()
        except (OSError, ValueError):
            return False

    def beside(self, relative: str, why: str = "") -> DiskFile:
        return DiskFile(self.path.parent / relative, self.folder, why)

    def content(self) -> bytes:
        refuse_outside(self.path, self.folder, self.why or str(self))
        return read_bounded(self.path, LARGEST)

    def place(self, line: int) -> FileLine | None:
        return FileLine(file=self.path, line=line)
