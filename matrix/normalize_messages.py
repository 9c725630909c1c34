"""Remove from messages what differs between cells, so that equal messages compare equal."""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 4000
"""Only this many characters of a message are used."""

_Folds = tuple[tuple[re.Pattern[str], str], ...]

_PLACES: _Folds = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"(?:[A-Za-z]:)?(?:[/\\][\w.+@-]+){2,}[/\\](?=[\w.+@-])"), "…/"),
)
"""Addresses, and the folders before a file name: they differ between machines and runs."""

_DETAILS: _Folds = (
    (re.compile(r"(?<!\w)'(?![A-Za-z_]\w*(?:\.\w+)+')[^']{40,}'(?!\w)"), "'…'"),
    (re.compile(r'(?<!\w)"[^"]{40,}"(?!\w)'), '"…"'),
    (re.compile(r"\[[^\[\]]{40,}\]"), "[…]"),
    (re.compile(r"\([^()]{60,}\)"), "(…)"),
    (re.compile(r"\{[^{}]{40,}\}"), "{…}"),
    (re.compile(r"(?<![\w.])-?\d+(?:\.\d+)*(?:e[+-]?\d+)?(?!\w)"), "N"),
)
"""Other parts that differ between equal messages; replaced in this order."""


@lru_cache(maxsize=4096)
def folded(message: str) -> str:
    """A message without numbers, paths, addresses and long reprs.

    Messages that become equal have the same reason, as far as a reader can tell.
    """
    return _replaced(without_places(message), _DETAILS)


def without_places(message: str) -> str:
    """A message on one line, without addresses and without the folders of files."""
    return _replaced(" ".join(message[:_LONGEST].split()), _PLACES)


def _replaced(line: str, folds: _Folds) -> str:
    for pattern, replacement in folds:
        line = pattern.sub(replacement, line)
    return line
