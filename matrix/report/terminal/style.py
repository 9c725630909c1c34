"""What can be said on one terminal: its width, its symbols, and text cut to fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.style import Style
from rich.text import Text

from matrix.model import Group, Verdict
from matrix.report.safe_text import plain
from matrix.report.verdict_words import GROUP_WORDS

_ASCII = {"→": "->", "…": "...", "·": "-", "≠": "!", "✓": "+", "✗": "x", "²": "2", "×": "x"}
"""Our own symbols where there is only ASCII; whatever else is not ASCII is spelled out."""

_STYLES = {
    Group.LOADS: "green",
    Group.CHANGES: "bold yellow",
    Group.FAILS: "red",
    Group.UNKNOWN: "dim",
}


INDENT = 2
"""Columns before each line under a heading."""


@dataclass(frozen=True, slots=True)
class TerminalStyle:
    """Turns words into Text for a console of this width and encoding."""

    width: int
    unicode: bool

    @classmethod
    def of(cls, console: Console) -> TerminalStyle:
        """The voice that a console allows."""
        try:
            "".join(_ASCII).encode(console.encoding)
        except (LookupError, UnicodeEncodeError):
            return cls(console.width, unicode=False)
        return cls(console.width, unicode=True)

    def say(self, text: str) -> str:
        """Any text as one harmless line, in what the encoding has."""
        line = plain(text)
        if self.unicode:
            return line
        for symbol, replacement in _ASCII.items():
            line = line.replace(symbol, replacement)
        return line.encode("ascii", "backslashreplace").decode("ascii")

    def fit(self, text: str, width: int) -> str:
        """The text, shortened to so many columns."""
        line = self.say(text)
        if cell_len(line) <= width:
            return line
        more = "…" if self.unicode else "..."
        if width <= len(more):
            return set_cell_size(line, max(width, 0))
        return set_cell_size(line, width - len(more)).rstrip() + more

    def fold(self, text: str, width: int) -> list[str]:
        """The text in as many lines of so many columns as it needs."""
        lines = Text(self.say(text)).wrap(_MEASURE, max(width, 1))
        return [line.plain.rstrip() for line in lines]

    def symbol(self, group: Group) -> str:
        """The symbol of a group."""
        word = GROUP_WORDS[group]
        return word.symbol if self.unicode else word.ascii

    def style(self, group: Group) -> Style:
        """The colour of a group."""
        return Style.parse(_STYLES[group])

    def marked(self, verdict: Verdict) -> Text:
        """A verdict with the symbol and the colour of its group."""
        group = verdict.group
        return Text(f"{self.symbol(group)} {verdict.value}", style=self.style(group))

    def title(self, text: str) -> Text:
        """The heading of a section."""
        return Text(self.fit(text, self.width), style="bold")

    def faint(self, text: str, indent: int = INDENT) -> Text:
        """A remark, on one line."""
        return Text(" " * indent + self.fit(text, self.width - indent), style="dim")

    def paragraph(self, text: str, indent: int = INDENT) -> list[Text]:
        """A remark, on as many lines as it needs."""
        lines = self.fold(text, self.width - indent)
        return [Text(" " * indent + line, style="dim") for line in lines]


_MEASURE = Console(file=None, width=80, force_terminal=False, no_color=True)
"""Rich wraps text on behalf of a console; nothing is printed on this one."""


def row(
    cells: Iterable[str | Text], widths: Sequence[int], *, gap: int = 2, style: str = ""
) -> Text:
    """One line of a table, indented; a negative width aligns to the right."""
    line = Text(" " * INDENT)
    for cell, width in zip(cells, widths, strict=True):
        text = cell if isinstance(cell, Text) else Text(cell, style=style)
        space = Text(" " * max(abs(width) - text.cell_len, 0))
        line.append_text(space if width < 0 else text)
        line.append_text(text if width < 0 else space)
        line.append(" " * gap)
    line.rstrip()
    return line


def listed(
    voice: TerminalStyle, names: Sequence[str], width: int, lines: int | None = None
) -> list[str]:
    """Names with commas between, none of them broken: so many lines, then how many more."""
    done: list[str] = []
    line = ""
    for position, name in enumerate(names):
        left = len(names) - position - 1
        last = lines is not None and len(done) + 1 >= lines
        tail = f" +{left}" if last and left else ""
        short = voice.fit(name, min(width - len(tail) - 1, 40)) + ("," if left else "")
        if not line:
            line = short
        elif cell_len(f"{line} {short}{tail}") <= width:
            line = f"{line} {short}"
        elif last:
            return [*done, f"{line} +{left + 1}"]
        else:
            done.append(line)
            line = short
    return [*done, line]
