"""Foreign text made fit to show: names and messages come from models, and may be anything."""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 4000
"""Characters of a text that are looked at: the rest of a megabyte says no more."""


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


_FOLDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"(?:[A-Za-z]:)?(?:[/\\][\w.+@-]+){2,}[/\\](?=[\w.+@-]+)"), "…/"),
    (re.compile(r"(?<!\w)'[^']{40,}'(?!\w)"), "'…'"),
    (re.compile(r'(?<!\w)"[^"]{40,}"(?!\w)'), '"…"'),
    (re.compile(r"\[[^\[\]]{40,}\]"), "[…]"),
    (re.compile(r"\([^()]{60,}\)"), "(…)"),
    (re.compile(r"\{[^{}]{40,}\}"), "{…}"),
    (re.compile(r"(?<![\w.])-?\d+(?:\.\d+)*(?:e[+-]?\d+)?(?!\w)"), "N"),
)
"""What differs between two messages that say the same; each is replaced in this order."""


@lru_cache(maxsize=4096)
def folded(message: str) -> str:
    """A message without what differs from cell to cell: numbers, addresses, folders, long reprs.

    Messages that become equal have been raised for the same reason, as far as a reader can tell.
    """
    line = " ".join(message[:_LONGEST].split())
    for pattern, replacement in _FOLDS:
        line = pattern.sub(replacement, line)
    return line
