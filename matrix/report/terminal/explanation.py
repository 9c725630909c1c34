"""A story on a terminal: the answer, then each point beside its heading."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from matrix.model import Explanation, Group
from matrix.report.terminal.style import INDENT, TerminalStyle

_HEADING = 9
"""Columns for a heading."""
_LEAST = 24
"""Columns that a line must have beside it; on a narrower terminal it stands below."""


def story_lines(voice: TerminalStyle, story: Explanation, group: Group) -> Iterator[Text]:
    """The lines of a story.

    Args:
        voice: of the terminal.
        story: what to tell.
        group: of the cell that it is of.
    """
    style = voice.style(group)
    first, *more = voice.fold(story.answer, voice.width - 2)
    yield Text(f"{voice.symbol(group)} {first}", style=style)
    for line in more:
        yield Text(f"  {line}", style=style)
    for point in story.points:
        yield from _point(voice, point.heading, point.lines)


def _point(voice: TerminalStyle, heading: str, lines: tuple[str, ...]) -> Iterator[Text]:
    beside = INDENT + _HEADING + 1
    if voice.width - beside < _LEAST:
        yield Text(f"{'':{INDENT}}{voice.fit(heading, voice.width - INDENT)}", style="bold")
        beside = 2 * INDENT
    else:
        heading = f"{voice.fit(heading, _HEADING):{_HEADING}} "
    for number, line in enumerate(lines):
        for part, text in enumerate(voice.fold(line, voice.width - beside)):
            if beside == 2 * INDENT or number or part:
                yield Text(f"{'':{beside}}{text}")
            else:
                yield Text.assemble(f"{'':{INDENT}}", (heading, "bold"), text)
