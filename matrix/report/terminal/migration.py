"""What became of a migration on a terminal: what happened first, then how and what was tried."""

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
    """Print what became of a migration.

    Args:
        lines: the answer, then the evidence.
        group: how the answer is marked.
        file: where to; standard output if not given.
        width: in columns; that of the terminal, or 80, if not given.
    """
    console = console_for(file, width, None)
    voice = TerminalStyle.of(console)
    answer, *evidence = lines
    for line in voice.fold(f"{voice.symbol(group)} {answer}", voice.width):
        console.print(Text(line, style=voice.style(group)), overflow="crop", no_wrap=True)
    for sentence in evidence:
        for text in voice.paragraph(sentence):
            console.print(text)
