"""Makes untrusted text safe to show: names and messages come from models."""

from __future__ import annotations


def plain(text: str, limit: int = 300) -> str:
    """Return text as one line without control characters.

    White space is collapsed. Characters that are not printable (control characters, terminal
    escapes, direction marks, lone surrogates) are escaped: ``\\x1b``.

    Args:
        text: anything.
        limit: maximum length in characters; longer text ends in ``…``.
    """
    line = " ".join(text[: 8 * limit].split())
    if not line.isprintable():
        line = "".join(char if char.isprintable() else _escaped(char) for char in line)
    if len(line) <= limit and len(text) <= 8 * limit:
        return line
    return line[: limit - 1] + "…"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
