"""The outcome of a migration on a terminal: the answer, then how, and what was tried."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich.text import Text

from matrix.model import Group
from matrix.report.terminal import console_for
from matrix.report.terminal.style import TerminalStyle


def show_migration(
    lines: Iterable[str], group: Group, *, file: TextIO | None = None, width: int | None = None
) -> None:
    """Print the outcome of a migration.

    Args:
        lines: the answer, then the evidence.
        group: sets the symbol and colour of the answer.
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
    """
    console = console_for(file, width, None)
    terminal = TerminalStyle.of(console)
    answer, *evidence = lines
    for line in terminal.wrap(f"{terminal.symbol(group)} {answer}", terminal.width):
        console.print(Text(line, style=terminal.style(group)), overflow="crop", no_wrap=True)
    for sentence in evidence:
        for text in terminal.paragraph(sentence):
            console.print(text)


def show_many(
    lines: Iterable[tuple[Group | None, str]],
    *,
    file: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Print the outcome of a migration of several models.

    Args:
        lines: each with the group of a model, or None for a plain line.
        file, width: as in :func:`show_migration`.
    """
    console = console_for(file, width, None)
    terminal = TerminalStyle.of(console)
    for group, line in lines:
        if group is None:
            for text in terminal.paragraph(line):
                console.print(text)
            continue
        for part in terminal.wrap(f"{terminal.symbol(group)} {line}", terminal.width):
            console.print(Text(part, style=terminal.style(group)), overflow="crop", no_wrap=True)
