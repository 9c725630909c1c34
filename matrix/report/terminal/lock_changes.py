"""What a branch changes in locks, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from matrix.report.terminal import console_for
from matrix.safe_text import plain
from matrix.upgrade.lock_changes import LockChange, LockChanges, PackageChange

_SHOWN = 8


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


def show_reference_note(*, file: TextIO | None = None, width: int | None = None) -> None:
    """Print that no models are named, and what is checked instead."""
    console_for(file, width, None).print(
        Text(
            "No models are named, so the reference pipelines are checked instead. Name yours under "
            '[tool.matrix] in pyproject.toml: models = ["models/*.joblib"]'
        )
    )


def _lines(found: LockChanges) -> Iterator[str]:
    yield from found.notes
    for problem in found.problems:
        yield f"Unknown: {problem.message}"
    for change in found.changes:
        yield from _of_lock(change)
    if not any(change.bears_on_models for change in found.changes):
        since = f"since {found.commit} ({found.base})"
        if found.changes:
            yield f"Nothing that models are known to be made of changed {since}."
        elif not found.problems:
            yield f"No lock changed {since}."


def _of_lock(change: LockChange) -> Iterator[str]:
    python = f", for Python {change.python}" if change.python else ""
    bearing = [one for one in change.packages if one.bears_on_models]
    others = [one for one in change.packages if not one.bears_on_models]
    base = change.base or "(new)"
    yield f"{base} → {change.path}{python}: {_words(bearing or others)}"
    if bearing and others:
        yield f"  also, not known to bear on models: {_words(others)}"


def _words(packages: list[PackageChange]) -> str:
    words = [f"{one.name} {one.before or '(none)'} → {one.after or '(none)'}" for one in packages]
    more = [f"and {len(words) - _SHOWN} more"] if len(words) > _SHOWN else []
    return ", ".join([*words[:_SHOWN], *more])
