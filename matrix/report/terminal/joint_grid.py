"""The grid of an upgrade check on a terminal: models by releases."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from matrix.model import JointAnswer
from matrix.report.joint_grid import JointGrid, blocks, joint_grid, narrowed, width_of
from matrix.report.terminal.style import INDENT, TerminalStyle

_MOST_MODELS = 40
"""Models in the grid; the safest of more are counted."""
_SMALLEST_NAME = 16
"""Columns that the name of a model has at least, if it is as long."""


def grid_lines(terminal: TerminalStyle, joint: JointAnswer) -> Iterator[Text]:
    """Yield the lines of the grid, no wider than the terminal.

    Where it is too wide, columns stand for lines of releases, then neighbours that say the same are
    one column; what is still too wide is a second block below the first.
    """
    grid = joint_grid(joint)
    longest = max((len(name) for name in grid.models), default=0)
    room = terminal.width - INDENT - 2  # the indentation, and the symbol with a space
    if longest + width_of(grid) > room:
        grid = narrowed(grid)
    name = max(min(longest, room - width_of(grid)), min(longest, _SMALLEST_NAME))
    for number, block in enumerate(blocks(grid, room - name)):
        if number:
            yield Text("")
        yield from _block(terminal, block, grid, name)
    hidden = len(grid.models) - _MOST_MODELS
    if hidden > 0:
        yield terminal.faint(f"… and {hidden:,} more models below")
    yield from _legend(terminal, grid)


def _legend(terminal: TerminalStyle, grid: JointGrid) -> Iterator[Text]:
    """Yield what the symbols mean; no meaning is split between two lines."""
    line = ""
    meanings = [f"{terminal.symbol(group)} {text}" for group, text in grid.used]
    for text in filter(None, (*meanings, grid.not_run)):
        meaning = terminal.fit(text, terminal.width - INDENT)
        if line and INDENT + len(line) + 3 + len(meaning) > terminal.width:
            yield Text(" " * INDENT + line, style="dim")
            line = ""
        line = f"{line}   {meaning}" if line else meaning
    if line:
        yield Text(" " * INDENT + line, style="dim")


def _block(
    terminal: TerminalStyle, block: JointGrid, whole: JointGrid, width: int
) -> Iterator[Text]:
    head = Text(" " * (INDENT + 2 + width), style="bold")
    for column in block.columns:
        head.append(f"  {terminal.printable(column.label)}")
    yield head
    for place, model in enumerate(block.models[:_MOST_MODELS]):
        worst = whole.worst(place)
        line = Text(" " * INDENT)
        line.append(f"{terminal.symbol(worst)} ", style=terminal.style(worst))
        line.append(_end(terminal, model, width))
        for column in block.columns:
            group = column.groups[place]
            symbol = "" if group is None else terminal.symbol(group)
            style = "" if group is None else terminal.style(group)
            line.append(f"  {symbol:^{len(column.label)}}", style=style)
        line.rstrip()
        yield line


def _end(terminal: TerminalStyle, name: str, width: int) -> str:
    """Return the end of a path, in exactly this width: it tells models of a folder apart."""
    text = terminal.printable(name)
    if len(text) > width:
        dots = "…" if terminal.unicode else "..."
        text = dots + text[len(text) - width + len(dots) :]
    return f"{text:<{width}}"
