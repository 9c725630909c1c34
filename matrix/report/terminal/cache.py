"""The environment store on a terminal: one line per environment, and the total."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from rich.text import Text

from matrix.environments.cleaning import Pruned, StoreContents, StoredEnvironment
from matrix.report.sizes import size_text
from matrix.report.terminal import console_for
from matrix.report.terminal.style import INDENT, TerminalStyle, row

_GAPS = INDENT + 4 * 2
"""Columns before the table and between its five columns."""


def show_contents(
    folder: Path,
    contents: StoreContents,
    now: datetime,
    *,
    file: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Print what is in the store.

    Args:
        folder: of the store.
        contents: what is in it.
        now: the time to count from.
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
    """
    console = console_for(file, width, None)
    terminal = TerminalStyle.of(console)
    for line in _lines(terminal, folder, contents, now):
        console.print(line)


def show_pruned(
    folder: Path, pruned: Pruned, *, file: TextIO | None = None, width: int | None = None
) -> None:
    """Print what was removed; see :func:`show_contents`."""
    console = console_for(file, width, None)
    terminal = TerminalStyle.of(console)
    for environment in pruned.removed:
        console.print(Text(terminal.fit(f"removed {environment.key}", terminal.width)))
    for environment in pruned.kept_in_use:
        text = f"kept {environment.key}: a process uses or builds it"
        console.print(Text(terminal.fit(text, terminal.width)))
    left = f"{counted(pruned.left)} left in {folder}: {size_text(pruned.size)}."
    for line in terminal.paragraph(left, indent=0):
        console.print(line)


def _lines(
    terminal: TerminalStyle, folder: Path, contents: StoreContents, now: datetime
) -> Iterator[Text]:
    found = contents.environments
    if not found:
        yield from terminal.paragraph(f"There are no environments in {folder}.", indent=0)
        return
    used = [_used(one, now) for one in found]
    widths = [12, 8, -8, max(map(len, ["last used", *used]))]
    widths.append(max(terminal.width - sum(map(abs, widths)) - _GAPS, 12))
    titles = ["scikit-learn", "Python", "size", "last used", "environment"]
    yield row(titles, widths, style="dim")
    for one, when in zip(found, used, strict=True):
        cells = [one.scikit_learn or "-", one.python or "-", size_text(one.size), when]
        yield row([*cells, terminal.fit(one.key, widths[-1])], widths)
        if one.problem:
            yield terminal.faint(one.problem, indent=2 * INDENT)
    yield Text()
    total = f"{counted(len(found))} in {folder}: {size_text(contents.size)}"
    shared = f"{size_text(contents.shared)} of that is shared with uv's cache"
    yield from terminal.paragraph(f"{total}, each file counted once; {shared}.", indent=0)


def _used(environment: StoredEnvironment, now: datetime) -> str:
    return "in use" if environment.in_use else _ago(now - environment.last_used)


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    for unit, length in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        number = minutes // length
        if number:
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def counted(number: int) -> str:
    """How many environments, in words."""
    return f"{number:,} environment{'' if number == 1 else 's'}"
