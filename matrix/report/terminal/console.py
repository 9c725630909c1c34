"""The console that reports are printed on."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console


def console_for(file: TextIO | None, width: int | None, colour: bool | None) -> Console:
    """Return a console that interprets nothing in a text: no markup, emoji or highlighting."""
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
