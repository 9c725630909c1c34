"""Annotations: what GitHub shows at a line of a file, from a line that a step prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matrix.safe_text import plain

_MOST = 1000
"""Characters of a message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotation:
    """A message at a place."""

    level: str
    """``error``, ``warning`` or ``notice``."""
    title: str
    message: str
    file: str = ""
    """From the current folder; empty for none."""
    line: int = 0
    """Counted from 1; 0 for the whole file."""

    def command(self, root: Path) -> str:
        """Return the workflow command, one line; texts may hold anything.

        Args:
            root: of the repository, which files of annotations are relative to.
        """
        parts = [
            ("file", from_root(self.file, root)),
            ("line", str(self.line or "")),
            ("title", self.title),
        ]
        properties = ",".join(f"{name}={_property(value)}" for name, value in parts if value)
        return f"::{self.level} {properties}::{_data(self.message)}"


def from_root(path: str, root: Path) -> str:
    """Return a path as GitHub names it: from the root of the repository, with ``/``."""
    if not path:
        return ""
    try:
        return Path(path).resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError):
        return path


def _data(text: str) -> str:
    return plain(text, _MOST).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
