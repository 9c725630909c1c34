"""Sentences about causes, for all reports that people read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matrix import causes
from matrix.causes import KnownCause
from matrix.model import Cell
from matrix.report.sentences import counted
from matrix.report.summary import Summary


def known_cause(cell: Cell) -> KnownCause | None:
    """Return the known cause of a cell, or None."""
    return None if cell.cause is None else causes.by_id().get(cell.cause)


_CODE = re.compile(r"`([^`]+)`")
_STATEMENT = re.compile(r"(import|from|for) |[\w.\[\]'\"]+(, [\w.]+)* = |[\w.()]+\.\w+\(.*\)$")
_PLACEHOLDER = "..."


def advice_parts(cause: KnownCause) -> Iterator[tuple[str, str]]:
    """Yield the advice of a cause in parts, so that a terminal can print each line of code whole.

    Returns:
        Pairs of a text and a line of Python that follows it; one of them may be empty.
    """
    text, place = "", 0
    for code in _CODE.finditer(cause.advice):
        if not _STATEMENT.match(code[1]) or _PLACEHOLDER in code[1]:
            continue
        text = _sentence(cause.advice[place : code.start()])
        yield text, code[1]
        place = code.end()
    rest = _sentence(cause.advice[place:])
    if rest:
        yield rest, ""


def _sentence(text: str) -> str:
    """Return text without the punctuation that belongs to a line of code before it."""
    return text.lstrip(" .,;:").rstrip()


def share_known(summary: Summary) -> str:
    """Return a sentence: what share of the cells that are not safe has a known cause."""
    known = sum(one.cells for one in summary.known_causes())
    tenths = known * 1000 // max(summary.bad, 1)  # rounded down: 100 % means every cell
    cells = counted(summary.bad, "cell")
    return f"known for {tenths / 10:.1f} % of {cells} that {_what_they_do(summary)}"


def _what_they_do(summary: Summary) -> str:
    return "change, fail or are limited" if summary.limited else "change or fail"


def without_known_cause(summary: Summary) -> str:
    """Return how many cells have no known cause, and in how many groups; empty if none."""
    known = summary.known_causes()
    unexplained = summary.bad - sum(one.cells for one in known)
    if not unexplained:
        return ""
    groups = len(summary.causes) - len(known)
    return f"no known cause: {counted(unexplained, 'cell')} in {counted(groups, 'group')}"


def since(cause: KnownCause) -> str:
    """Return the release that introduced a cause, as ``since numpy 2.0.0``."""
    return f"since {cause.release}" if cause.since else "in every release"
