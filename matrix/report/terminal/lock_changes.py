"""What a branch changes in locks, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.text import Text

from matrix.report.lock_change_words import lock_change_lines
from matrix.report.terminal import console_for
from matrix.safe_text import plain
from matrix.upgrade.lock_changes import LockChanges


def show_changes(
    found: LockChanges, *, file: TextIO | None = None, width: int | None = None
) -> None:
    """Print which locks differ, and whether the difference bears on models.

    Args:
        found: what differs.
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
    """
    console = console_for(file, width, None)
    for line in _lines(found):
        console.print(Text(plain(line, 2000)))


def show_line(text: str, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print what was found out about a change, in one sentence."""
    console_for(file, width, None).print(Text(plain(text, 2000)))


def show_reference_note(projects: Sequence[str] = ()) -> None:
    """Print that no models are named, and what is checked instead.

    Args:
        projects: folders whose own configuration names models.
    """
    show_line(
        "No models are named, so the reference pipelines are checked instead. Name yours under "
        '[tool.matrix] in pyproject.toml: models = ["models/*.joblib"]'
    )
    for one in projects:
        show_line(f"{one}/pyproject.toml names models: to check these, run the command in {one}")


def _lines(found: LockChanges) -> Iterator[str]:
    yield from found.notes
    for problem in found.problems:
        yield f"Unknown: {problem.error.message}"
    for change in found.changes:
        yield from lock_change_lines(change)
    if not any(change.bears_on_models for change in found.changes):
        since = f"since {found.commit} ({found.base})"
        if found.changes:
            yield f"Nothing that models are known to be made of changed {since}."
        elif not found.problems:
            yield f"No {'other ' if found.notes else ''}lock changed {since}."
