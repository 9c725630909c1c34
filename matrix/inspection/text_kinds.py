"""Recognize text, and tables among it."""

from __future__ import annotations

_CONTROLS = frozenset("\r\n\t\v\f\x1b")
"""Control characters that text may have."""
_SEPARATORS = {",": "CSV text", ";": "CSV text", "\t": "a table in text", "|": "a table in text"}
_LINES = 20
"""Lines that are examined."""


def is_text(head: bytes) -> bool:
    """Whether bytes are the beginning of a text: UTF-8, UTF-16 with its mark, or mostly ASCII."""
    return _decoded(head) is not None


def _decoded(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
        return text if _ascii(text) > 0.6 and _has_no_control(text) else None
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 4 and len(head) > 4:  # a character that was cut
            text = head[: error.start].decode("utf-8")
        else:
            text = head.decode("latin-1")
            return text if _ascii(text) > 0.85 and _has_no_control(text) else None
    return text if _has_no_control(text) else None


def _ascii(text: str) -> float:
    return sum(letter.isascii() for letter in text) / max(len(text), 1)


def _has_no_control(text: str) -> bool:
    return all(letter >= " " or letter in _CONTROLS for letter in text)


def text_kind(head: bytes) -> str:
    """What a text is, with its article: ``CSV text``, ``a table in text`` or ``a text file``."""
    lines = [line for line in (_decoded(head) or "").splitlines()[:_LINES] if line.strip()]
    if len(head) >= 4096 and len(lines) > 2:
        lines.pop()  # it may have been cut
    for separator, name in _SEPARATORS.items():
        counts = [line.count(separator) for line in lines]
        if len(lines) > 1 and counts[0] and len(set(counts)) == 1:
            return name
    return "a text file"
