"""Foreign text made fit to show: names and messages come from models, and may be anything."""

from __future__ import annotations


def plain(text: str, limit: int = 300) -> str:
    """One line that no terminal, table or markup reads as anything but letters.

    White space is folded, and what cannot be printed (control characters, terminal escapes,
    direction marks, lone surrogates) is spelled out: ``\\x1b``. Cut after ``limit`` characters.
    """
    line = " ".join(text[: 8 * limit].split())
    if not line.isprintable():
        line = "".join(letter if letter.isprintable() else _spelled(letter) for letter in line)
    if len(line) <= limit and len(text) <= 8 * limit:
        return line
    return line[: limit - 1] + "…"


def _spelled(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
