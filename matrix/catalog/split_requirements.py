"""Split a text with several requirements at spaces and commas."""

from __future__ import annotations

import re
from pathlib import Path

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SEPARATOR = re.compile(r"\s*(,)\s*(?=[A-Za-z0-9./~_-])|\s+(?=[A-Za-z0-9./_-])")
"""A comma or spaces before the start of a requirement or a path. A specifier of PEP 508 starts
with one of ``<>=!~``, so the comma of ``scikit-learn>=1.3,<1.5`` separates nothing."""


def split_requirements(text: str) -> list[str]:
    """The requirements, versions and files in a text, in their order.

    Args:
        text: such as ``scikit-learn>=1.3,<1.5 numpy<2`` or ``new.txt, numpy<2``. If a file has
            exactly this name, the text is that file, whatever its name contains.
    """
    text = text.strip()
    if not text or _is_path(text):
        return [text]
    parts, start = [], 0
    for match in _SEPARATOR.finditer(text):
        if _separates(text, start, match):
            parts.append(text[start : match.start()])
            start = match.end()
    parts.append(text[start:])
    return [part for part in parts if part]


def _separates(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a requirement that begins at ``start`` ends at a match."""
    before = text[start : match.start()]
    if not before or before.count("[") > before.count("]"):  # extras: pandas[excel,parquet]
        return False
    marker = ";" in before
    if marker and _QUOTED.sub("", before).count("'") + _QUOTED.sub("", before).count('"'):
        return False  # inside a text of a marker
    if match.group(1):
        return True
    # A marker has spaces; so may `numpy == 1.26` and `package @ https://...`.
    return not marker and before.rstrip()[-1] not in "<>=!~@(,"


def _is_path(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long for a name, or with a null character
        return False
