"""An explanation on a terminal: the answer, then each point beside its heading."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from matrix.model import Explanation, Group
from matrix.report.terminal.style import INDENT, TerminalStyle

_HEADING = 9
"""Columns of a heading."""
_LEAST = 24
"""Least columns of the text beside a heading; on a narrower terminal it is below."""


def explanation_lines(
    terminal: TerminalStyle, explanation: Explanation, group: Group
) -> Iterator[Text]:
    """Yield the lines of an explanation.

    Args:
        terminal: width and symbols.
        explanation: of one cell.
        group: of that cell.
    """
    style = terminal.style(group)
    first, *more = terminal.wrap(explanation.answer, terminal.width - 2)
    yield Text(f"{terminal.symbol(group)} {first}", style=style)
    for line in more:
        yield Text(f"  {line}", style=style)
    for point in explanation.points:
        yield from _point(terminal, point.heading, point.lines)


def _point(terminal: TerminalStyle, heading: str, lines: tuple[str, ...]) -> Iterator[Text]:
    beside = INDENT + _HEADING + 1
    if terminal.width - beside < _LEAST:
        yield Text(f"{'':{INDENT}}{terminal.fit(heading, terminal.width - INDENT)}", style="bold")
        beside = 2 * INDENT
    else:
        heading = f"{terminal.fit(heading, _HEADING):{_HEADING}} "
    for number, line in enumerate(lines):
        for part, text in enumerate(terminal.wrap(line, terminal.width - beside)):
            if beside == 2 * INDENT or number or part:
                yield Text(f"{'':{beside}}{text}")
            else:
                yield Text.assemble(f"{'':{INDENT}}", (heading, "bold"), text)
