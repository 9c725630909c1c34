"""Make untrusted text safe to show: names and messages come from models and from file names.

This is the only module that knows what terminals and CI systems obey. :func:`plain` makes one
piece of text safe. :class:`GuardedStream` looks at whole lines as they are written, because a long
text may be wrapped so that a line begins in the middle of it. :func:`without_commands` is for JSON,
whose values stay what they are.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO, cast

_ANYWHERE = re.compile(r"##(?=[\w.-]*\[)")
"""``##[error]``, ``##vso[…]``, ``##teamcity[…]``: GitHub, Azure and TeamCity find them anywhere."""
_FIRST = re.compile(r"(?<![\w:])::")
"""``::error …``: GitHub obeys it at the start of a line. Within a word, as in ``std::bad_alloc``,
it stays readable."""
_AT_START = re.compile(r"^((?:[^\S\n]|\x1b\[[0-9;?]*[A-Za-z])*)::", re.MULTILINE)
"""The same at the start of a line that is written, behind white space and colours."""


def plain(text: str, limit: int = 300) -> str:
    """Return text as one line without control characters and without commands of CI systems.

    White space is collapsed. Characters that are not printable (control characters, terminal
    escapes, direction marks, lone surrogates) are escaped: ``\\x1b``. So is a character of what a
    CI system would obey: ``:\\x3aerror``.

    Args:
        text: anything.
        limit: maximum length in characters; longer text ends in ``…``.
    """
    line = to_paste(" ".join(text[: 8 * limit].split()))
    if len(line) <= limit and len(text) <= 8 * limit:
        return line
    return line[: limit - 1] + "…"


def to_paste(text: str) -> str:
    """Return a command line or another text to copy, as :func:`plain` does, but whole.

    Spaces stay as they are, and nothing is cut, also where escaping makes the text longer.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escaped(char) for char in text)
    return _FIRST.sub(r":\\x3a", _ANYWHERE.sub(r"#\\x23", text))


def plain_lines(text: str, limit: int = 4000) -> str:
    """Return text of several lines, each as in :func:`plain`; their indentation stays."""
    lines = text.split("\n")
    return "\n".join(
        line[: len(line) - len(line.lstrip(" "))] + plain(line, limit) for line in lines
    )


def without_commands(json_text: str) -> str:
    """Return JSON of the same value in which no CI system finds a command."""
    return json_text.replace("##", "#\\u0023")


class GuardedStream:
    """A text stream whose lines no CI system obeys.

    Args:
        stream: written to; everything else is passed on to it.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unguarded = stream
        self._at_start = True

    def write(self, text: str) -> int:
        """Write text, which is a whole line or more, or does not begin with ``::``."""
        head, newline, rest = ("", "", text) if self._at_start else text.partition("\n")
        shown = _ANYWHERE.sub(r"#\\x23", head + newline + _AT_START.sub(r"\1:\\x3a", rest))
        if newline or self._at_start:
            last = rest.rpartition("\n")[2]
            self._at_start = not last or _AT_START.match(last + "::") is not None
        self.unguarded.write(shown)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unguarded, name)


def guarded(stream: TextIO) -> TextIO:
    """Return a stream that is written to through a :class:`GuardedStream`."""
    return stream if isinstance(stream, GuardedStream) else cast(TextIO, GuardedStream(stream))


@contextlib.contextmanager
def guarded_output() -> Iterator[None]:
    """Guard standard output and standard error of this process."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(guarded, before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
