"""What the terminal shows at the end of a run: the answer first, then where and why.

This package is the only one that imports rich.
"""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

from matrix.model import Explanation, Group, Matrix
from matrix.report.summary import summarize
from matrix.report.terminal.comparison_section import show_comparison
from matrix.report.terminal.explanation import story_lines
from matrix.report.terminal.sections import headline, sections
from matrix.report.terminal.style import TerminalStyle

__all__ = ["show", "show_story"]


def show(
    matrix: Matrix,
    *,
    file: TextIO | None = None,
    width: int | None = None,
    colour: bool | None = None,
    everything: bool = False,
) -> None:
    """Print a matrix.

    Args:
        matrix: its cells are read once.
        file: where to; standard output if not given.
        width: in columns; that of the terminal, or 80, if not given.
        colour: None is "if it is a terminal that has colours, and ``NO_COLOR`` is not set".
        everything: leave no line out, however many there are.
    """
    show_on(console_for(file, width, colour), matrix, everything=everything)


def show_story(story: Explanation, group: Group, file: TextIO | None = None) -> None:
    """Print why a cell of some group is as it is."""
    console = console_for(file, None, None)
    for line in story_lines(TerminalStyle.of(console), story, group):
        console.print(line)


def console_for(file: TextIO | None, width: int | None, colour: bool | None) -> Console:
    """A console that takes nothing in a text for markup, an emoji or something to highlight."""
    return Console(
        file=file,
        width=width,
        force_terminal=colour,
        no_color=None if colour is None else not colour,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
    )


def show_on(console: Console, matrix: Matrix, *, everything: bool = False) -> None:
    """Print a matrix on a console."""
    voice = TerminalStyle.of(console)
    summary = summarize(matrix)
    for line in headline(voice, matrix, summary):
        console.print(line)
    if matrix.comparison is not None:
        console.print()
        show_comparison(console, matrix.comparison, everything=everything)
    for title, body in sections(voice, matrix, summary, everything=everything):
        console.print()
        console.print(voice.title(title))
        for line in body:
            console.print(line, no_wrap=True, crop=True, overflow="crop")
