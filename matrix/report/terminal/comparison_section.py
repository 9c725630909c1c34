"""The comparison with a baseline on a terminal: new and worse cells first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from matrix.model import CellChange, Comparison, Group, Status
from matrix.report import comparison_text
from matrix.report.sentences import counted
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
    terminal: TerminalStyle, comparison: Comparison, *, everything: bool
) -> Iterator[Text]:
    """Yield the counts, then the changes by status, then acceptances to remove."""
    yield terminal.title(f"Compared with {comparison.against}")
    yield _counts(comparison)
    if not comparison.full:
        yield from terminal.paragraph(comparison_text.PART)
    for status in Status:
        changes = [change for change in comparison.changes if change.status is status]
        yield from _changes(terminal, changes, len(changes) if everything else _MOST)
    for text in comparison_text.acceptances(comparison):
        for line in terminal.wrap(text, terminal.width - INDENT):
            yield Text(" " * INDENT + line, style=terminal.style(Group.CHANGES))


def _counts(comparison: Comparison) -> Text:
    line = Text(" " * INDENT)
    for status in Status:
        count = comparison.counts.get(status, 0)
        line.append(f"{count:,} {status.value}", style=_STYLES[status] if count else "dim")
        line.append("" if status is Status.GONE else ", ")
    return line


def _changes(terminal: TerminalStyle, changes: Sequence[CellChange], most: int) -> Iterator[Text]:
    for change in changes[:most]:
        line = Text(" " * INDENT)
        line.append(f"{change.status.value:5}  ", style=_STYLES[change.status])
        line.append(terminal.fit(comparison_text.what(change), terminal.width - line.cell_len))
        yield line
        yield from terminal.paragraph(comparison_text.where(change), indent=INDENT + 7)
    hidden = changes[most:]
    if hidden:
        cells = counted(sum(change.cells for change in hidden), "cell")
        yield terminal.faint(f"… and {counted(len(hidden), 'more change')} ({cells}): add --all")
