"""The report on a terminal: the counts first, then where and why.

This is the only package that imports rich.
"""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

from matrix.model import Explanation, Group, Matrix
from matrix.report.summary import summarize
from matrix.report.terminal.comparison_section import show_comparison
from matrix.report.terminal.console import console_for
from matrix.report.terminal.explanation import explanation_lines
from matrix.report.terminal.sections import headline, sections
from matrix.report.terminal.style import TerminalStyle
from matrix.report.terminal.upgrade import show_upgrade_on

__all__ = ["console_for", "show", "show_explanation"]


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
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
        colour: None means: if the file is a terminal with colours and ``NO_COLOR`` is not set.
        everything: print all lines, however many there are.
    """
    show_on(console_for(file, width, colour), matrix, everything=everything)


def show_explanation(explanation: Explanation, group: Group, file: TextIO | None = None) -> None:
    """Print the explanation of a cell in this group."""
    console = console_for(file, None, None)
    for line in explanation_lines(TerminalStyle.of(console), explanation, group):
        console.print(line)


def show_on(console: Console, matrix: Matrix, *, everything: bool = False) -> None:
    """Print a matrix on a console; an upgrade check has its answers in place of the tables."""
    if matrix.joint is not None:
        show_upgrade_on(console, matrix, everything=everything)
        return
    terminal = TerminalStyle.of(console)
    summary = summarize(matrix)
    for line in headline(terminal, matrix, summary):
        console.print(line)
    if matrix.comparison is not None:
        console.print()
        show_comparison(console, matrix.comparison, everything=everything)
    for title, body in sections(terminal, matrix, summary, everything=everything):
        console.print()
        console.print(terminal.title(title))
        for line in body:
            console.print(line, no_wrap=True, crop=True, overflow="crop")
