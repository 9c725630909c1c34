"""What a run would do, on a terminal: the answer in a line, then where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from matrix.engine.plan import EnvironmentWork, Plan
from matrix.report.progress import duration
from matrix.report.terminal import console_for
from matrix.report.terminal.style import INDENT, TerminalStyle, row

_NUMBER = 10
"""Columns of a number."""


def show_plan(plan: Plan, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print a plan.

    Args:
        plan: what to print.
        file: where to; standard output if not given.
        width: in columns; that of the terminal, or 80, if not given.
    """
    console = console_for(file, width, None)
    voice = TerminalStyle.of(console)
    for line in _lines(voice, plan):
        console.print(line)


def _lines(voice: TerminalStyle, plan: Plan) -> Iterator[Text]:
    for text in (_answer(plan), _kept(plan)):
        yield from voice.paragraph(text, indent=0)
    busy = [share for share in plan.shares if not share.idle]
    if busy:
        yield Text()
        yield from _table(voice, busy)
    unavailable = [share.environment for share in plan.shares if share.environment.reason]
    for one in unavailable:
        yield from voice.paragraph(f"{one.spec.label} is unavailable: {one.reason}", indent=0)


def _answer(plan: Plan) -> str:
    if all(share.idle for share in plan.shares):
        return "A run would start no worker: nothing has changed that the results depend on."
    parts = []
    builds = sum(share.build for share in plan.shares)
    if builds:
        parts.append(f"build {builds:,} environment{'s' if builds > 1 else ''}")
    parts.append(f"do {plan.saves.due:,} saves and {plan.loads.due:,} loads")
    how_long = "nobody can tell yet how long" if plan.seconds is None else duration(plan.seconds)
    about = "" if plan.seconds is None else "about "
    return f"A run would {' and '.join(parts)}: {about}{how_long}."


def _kept(plan: Plan) -> str:
    return f"Kept from earlier runs: {plan.saves.kept:,} saves and {plan.loads.kept:,} loads."


def _table(voice: TerminalStyle, shares: list[EnvironmentWork]) -> Iterator[Text]:
    names = [_name(share) for share in shares]
    widest = min(max(map(len, names)), voice.width - 4 * (_NUMBER + 2) - INDENT - 2)
    widths = [widest, *[-_NUMBER] * 4]
    yield row(["", "saves", "kept", "loads", "kept"], widths)
    for name, share in zip(names, shares, strict=True):
        numbers = [share.saves.due, share.saves.kept, share.loads.due, share.loads.kept]
        yield row([voice.fit(name, widest), *(f"{number:,}" for number in numbers)], widths)


def _name(share: EnvironmentWork) -> str:
    label = share.environment.spec.label
    return f"{label}, to build" if share.build else label
