"""A plan on a terminal: what a run would do in one line, then for each environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from matrix.engine.plan import EnvironmentWork, Plan
from matrix.report.progress import duration
from matrix.report.terminal import console_for
from matrix.report.terminal.style import INDENT, TerminalStyle, row

_NUMBER = 10
"""Columns for a number."""


def show_plan(plan: Plan, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print a plan.

    Args:
        plan: what to print.
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
    """
    console = console_for(file, width, None)
    terminal = TerminalStyle.of(console)
    for line in _lines(terminal, plan):
        console.print(line)


def _lines(terminal: TerminalStyle, plan: Plan) -> Iterator[Text]:
    for text in (_answer(plan), _kept(plan)):
        yield from terminal.paragraph(text, indent=0)
    busy = [share for share in plan.shares if not share.idle]
    if busy:
        yield Text()
        yield from _table(terminal, busy)
    unavailable = [share.environment for share in plan.shares if share.environment.reason]
    for one in unavailable:
        yield from terminal.paragraph(f"{one.spec.label} is unavailable: {one.reason}", indent=0)


def _answer(plan: Plan) -> str:
    if all(share.idle for share in plan.shares):
        return "A run would do nothing: nothing that the results depend on has changed."
    parts = []
    builds = sum(share.build for share in plan.shares)
    if builds:
        parts.append(f"build {builds:,} environment{'s' if builds > 1 else ''}")
    parts.append(f"do {plan.saves.due:,} saves and {plan.loads.due:,} loads")
    time = "time unknown" if plan.seconds is None else f"about {duration(plan.seconds)}"
    return f"A run would {' and '.join(parts)}: {time}."


def _kept(plan: Plan) -> str:
    return f"Reused from earlier runs: {plan.saves.kept:,} saves and {plan.loads.kept:,} loads."


def _table(terminal: TerminalStyle, shares: list[EnvironmentWork]) -> Iterator[Text]:
    names = [_name(share) for share in shares]
    widest = min(max(map(len, names)), terminal.width - 4 * (_NUMBER + 2) - INDENT - 2)
    widths = [widest, *[-_NUMBER] * 4]
    yield row(["", "saves", "reused", "loads", "reused"], widths)
    for name, share in zip(names, shares, strict=True):
        numbers = [share.saves.due, share.saves.kept, share.loads.due, share.loads.kept]
        yield row([terminal.fit(name, widest), *(f"{number:,}" for number in numbers)], widths)


def _name(share: EnvironmentWork) -> str:
    label = share.environment.spec.label
    return f"{label}, to build" if share.build else label
