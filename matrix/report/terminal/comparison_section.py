"""A result against what was known before it, on a terminal: what fails first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from matrix.model import CellChange, Comparison, Group, Status
from matrix.report import comparison_text
from matrix.report.terminal.style import INDENT, TerminalStyle

_MOST = 8
"""Entries of each status."""
_STYLES = {
    Status.NEW: "bold red",
    Status.WORSE: "bold red",
    Status.FIXED: "green",
    Status.STILL: "",
    Status.GONE: "dim",
}


def show_comparison(console: Console, comparison: Comparison, *, everything: bool = False) -> None:
    """Print a comparison on a console."""
    for line in comparison_lines(TerminalStyle.of(console), comparison, everything=everything):
        console.print(line, no_wrap=True, crop=True, overflow="crop")


def comparison_lines(
    voice: TerminalStyle, comparison: Comparison, *, everything: bool
) -> Iterator[Text]:
    """The five counts, then what is new, worse, fixed and gone, then what is to be cleared up."""
    yield voice.title(f"Against {comparison.against}")
    yield _counts(comparison)
    if not comparison.full:
        yield from voice.paragraph(comparison_text.PART)
    for status in Status:
        changes = [change for change in comparison.changes if change.status is status]
        yield from _changes(voice, changes, len(changes) if everything else _MOST)
    for text in comparison_text.acceptances(comparison):
        for line in voice.fold(text, voice.width - INDENT):
            yield Text(" " * INDENT + line, style=voice.style(Group.CHANGES))


def _counts(comparison: Comparison) -> Text:
    line = Text(" " * INDENT)
    for status in Status:
        count = comparison.counts.get(status, 0)
        line.append(f"{count:,} {status.value}", style=_STYLES[status] if count else "dim")
        line.append("" if status is Status.GONE else ", ")
    return line


def _changes(voice: TerminalStyle, changes: Sequence[CellChange], most: int) -> Iterator[Text]:
    for change in changes[:most]:
        line = Text(" " * INDENT)
        line.append(f"{change.status.value:5}  ", style=_STYLES[change.status])
        line.append(voice.fit(comparison_text.what(change), voice.width - line.cell_len))
        yield line
        yield from voice.paragraph(comparison_text.where(change), indent=INDENT + 7)
    hidden = changes[most:]
    if hidden:
        cells = sum(change.cells for change in hidden)
        yield voice.faint(f"… and {len(hidden):,} more like these ({cells:,} cells): --all")
