"""Text and sections of a report in GitHub Markdown.

Untrusted text is in code spans, where GitHub makes no mentions, links or tags.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from matrix.report.sentences import counted
from matrix.safe_text import plain, to_paste

_HARMLESS = re.compile(
    r"(?!.*(://|www\.|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])))[A-Za-z0-9 _.,:;()=/'\"+%-]*"
)
"""Text that means the same in Markdown and outside of it."""


@dataclass(frozen=True, slots=True)
class MarkdownSection:
    title: str
    lines: Sequence[str]
    more: str = "line"
    """What a line stands for, to count the lines that are left out."""
    head: Sequence[str] = ()
    """Lines before the others that are always kept, such as the head of a table."""
    folded: bool = True
    foot: Sequence[str] = field(default=())
    """Lines after the others that are always kept."""


def code(text: str, limit: int = 300) -> str:
    """Return any text as a code span, where GitHub makes no mention, link, tag or table.

    A broken bar replaces each pipe, which would end the column of a table.
    """
    return _span(plain(text, limit).replace("|", "¦"))


def _span(line: str) -> str:
    if not line:
        return "`-`"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def fit_section(section: MarkdownSection, room: int) -> str:
    """Return the section with as many lines as fit, and the number of lines left out."""
    before, after = (
        (f"\n<details>\n<summary>{section.title}</summary>\n\n", "\n</details>\n")
        if section.folded
        else (f"\n### {section.title}\n\n", "")
    )
    frame = "".join(f"{line}\n" for line in (*section.head, *section.foot))
    left = room - len(before) - len(after) - len(frame) - 80
    if left < 0:
        note = f"\n*{section.title}: left out, no space*\n"
        return note if len(note) <= room else ""
    kept = []
    for line in section.lines:
        left -= len(line) + 1
        if left < 0:
            break
        kept.append(line)
    hidden = len(section.lines) - len(kept)
    rest = [f"\n… and {counted(hidden, f'more {section.more}')}"] if hidden else []
    body = "".join(f"{line}\n" for line in (*section.head, *kept, *section.foot, *rest))
    return before + body + after


def code_to_paste(line: str) -> str:
    """Return a line to paste as a code span, whole; it must not stand in a table."""
    return _span(to_paste(line))


def sentence(text: str) -> str:
    """Return a text as it is if nothing in it is markup, else as a code span."""
    return text if _HARMLESS.fullmatch(text) else code(text, 600)


def code_in_html(text: str, limit: int = 300) -> str:
    """Return any text as an element of HTML, for a line that Markdown does not read."""
    return f"<code>{html.escape(plain(text, limit))}</code>"
