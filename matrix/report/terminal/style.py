"""Fits text to a terminal: its width, its symbols and its encoding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.style import Style
from rich.text import Text

from matrix.model import Group, Verdict
from matrix.report.sentences import counted
from matrix.report.verdict_words import GROUP_WORDS
from matrix.safe_text import plain, to_paste

_ASCII = {"→": "->", "…": "...", "·": "-", "≠": "!", "✓": "+", "✗": "x", "²": "2", "×": "x"}
"""Replacements of our own symbols on an ASCII terminal; other characters are escaped."""

_STYLES = {
    Group.LOADS: "green",
    Group.LIMITED: "cyan",
    Group.CHANGES: "bold yellow",
    Group.FAILS: "red",
    Group.UNKNOWN: "dim",
}


INDENT = 2
"""Columns by which lines under a heading are indented."""

_PARAGRAPH = 1200
"""Most characters of a text that is wrapped. Texts of a model's own are cut where they are quoted,
so that what stands after them is never lost."""


@dataclass(frozen=True, slots=True)
class TerminalStyle:
    """Turns strings into Text for a console of this width and encoding."""

    width: int
    unicode: bool

    @classmethod
    def of(cls, console: Console) -> TerminalStyle:
        """Return the style for a console."""
        try:
            "".join(_ASCII).encode(console.encoding)
        except (LookupError, UnicodeEncodeError):
            return cls(console.width, unicode=False)
        return cls(console.width, unicode=True)

    def printable(self, text: str, limit: int = 300) -> str:
        """Return any text as one line without control characters, in the encoding.

        Args:
            text: anything.
            limit: maximum length in characters; longer text ends in an ellipsis.
        """
        line = plain(text, limit)
        if self.unicode:
            return line
        for symbol, replacement in _ASCII.items():
            line = line.replace(symbol, replacement)
        line = line.encode("ascii", "backslashreplace").decode("ascii")
        return line if len(line) <= limit else line[: limit - 3] + "..."

    def fit(self, text: str, width: int) -> str:
        """Return the text, cut to a width in columns."""
        line = self.printable(text)
        if cell_len(line) <= width:
            return line
        ellipsis = "…" if self.unicode else "..."
        if width <= len(ellipsis):
            return set_cell_size(line, max(width, 0))
        return set_cell_size(line, width - len(ellipsis)).rstrip() + ellipsis

    def wrap(self, text: str, width: int) -> list[str]:
        """Return the text as lines of at most this width in columns."""
        lines = Text(self.printable(text, _PARAGRAPH)).wrap(_MEASURE, max(width, 1))
        return [line.plain.rstrip() for line in lines]

    def symbol(self, group: Group) -> str:
        """Return the symbol of a group."""
        word = GROUP_WORDS[group]
        return word.symbol if self.unicode else word.ascii

    def style(self, group: Group) -> Style:
        """Return the colour of a group."""
        return Style.parse(_STYLES[group])

    def verdict_text(self, verdict: Verdict) -> Text:
        """Return a verdict with the symbol and the colour of its group."""
        group = verdict.group
        return Text(f"{self.symbol(group)} {verdict.value}", style=self.style(group))

    def title(self, text: str) -> Text:
        """Return the heading of a section."""
        return Text(self.fit(text, self.width), style="bold")

    def faint(self, text: str, indent: int = INDENT) -> Text:
        """Return a dim line, cut to the width."""
        return Text(" " * indent + self.fit(text, self.width - indent), style="dim")

    def more(self, hidden: int, singular: str, cells: str = "") -> Text:
        """Return a dim line that counts what was left out, and says how to see it."""
        counts = f"{counted(hidden, f'more {singular}')}{f' ({cells})' if cells else ''}"
        return self.faint(f"… and {counts}: compat-matrix report --all")

    def pasteable(self, line: str) -> Text:
        """Return a line that can be pasted: indented twice, and never cut or wrapped."""
        return Text(" " * 2 * INDENT + to_paste(line), overflow="ignore")

    def paragraph(self, text: str, indent: int = INDENT) -> list[Text]:
        """Return dim text, wrapped to the width."""
        lines = self.wrap(text, self.width - indent)
        return [Text(" " * indent + line, style="dim") for line in lines]


def print_line(console: Console, line: Text) -> None:
    """Print one line, cut to the width of the terminal unless it can be pasted."""
    if line.overflow == "ignore":
        console.print(line, soft_wrap=True)
    else:
        console.print(line, overflow="crop", no_wrap=True, crop=True)


_MEASURE = Console(file=None, width=80, force_terminal=False, no_color=True)
"""Rich needs a console to wrap text; nothing is printed on this one."""


def row(
    cells: Iterable[str | Text], widths: Sequence[int], *, gap: int = 2, style: str = ""
) -> Text:
    """Return one indented line of a table; a negative width aligns to the right."""
    line = Text(" " * INDENT)
    for cell, width in zip(cells, widths, strict=True):
        text = cell if isinstance(cell, Text) else Text(cell, style=style)
        space = Text(" " * max(abs(width) - text.cell_len, 0))
        line.append_text(space if width < 0 else text)
        line.append_text(text if width < 0 else space)
        line.append(" " * gap)
    line.rstrip()
    return line


def name_lines(
    terminal: TerminalStyle, names: Sequence[str], width: int, lines: int | None = None
) -> list[str]:
    """Return names separated by commas, in at most ``lines`` lines, then how many more."""
    done: list[str] = []
    line = ""
    for position, name in enumerate(names):
        left = len(names) - position - 1
        last = lines is not None and len(done) + 1 >= lines
        tail = f" +{left}" if last and left else ""
        short = terminal.fit(name, min(width - len(tail) - 1, 40)) + ("," if left else "")
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
