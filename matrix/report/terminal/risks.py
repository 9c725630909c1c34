"""The kinds of pipelines at risk between two environments, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from matrix.model import Environment, Group, Matrix
from matrix.report.risk import Risk, risks
from matrix.report.terminal import console_for
from matrix.report.terminal.style import INDENT, TerminalStyle, name_lines

_KIND = 18
"""Most columns for the name of a kind."""


def show_risks(
    matrix: Matrix,
    origin: Environment,
    target: Environment,
    *,
    file: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Print which kinds of pipelines fail or change between two environments.

    Args:
        matrix: has cells of both environments.
        origin: the environment that saved the pipelines.
        target: the environment that loads them.
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
    """
    console = console_for(file, width, None)
    terminal = TerminalStyle.of(console)
    for line in _lines(terminal, risks(matrix, origin.id, target.id), origin, target):
        console.print(line, no_wrap=True, crop=True, overflow="crop")


def _lines(
    terminal: TerminalStyle, found: list[Risk], origin: Environment, target: Environment
) -> Iterator[Text]:
    total, bad = sum(risk.pipelines for risk in found), sum(len(risk.bad) for risk in found)
    unknown = sum(risk.unknown for risk in found)
    step = f"{origin.spec.label} → {target.spec.label}"
    yield terminal.title(f"{step}: {bad:,} of {total:,} reference pipelines change or fail")
    limited = sum(risk.limited for risk in found)
    if limited:
        yield terminal.faint(f"{limited:,} predict the same, but repr or get_params fails")
    if unknown:
        yield terminal.faint(f"{unknown:,} unknown")
    if target.reason:
        yield from terminal.paragraph(target.reason)
    for risk in found:
        if risk.bad:
            yield from _risk(terminal, risk)
    unchanged = [risk.kind for risk in found if not risk.bad and risk.unknown < risk.pipelines]
    if unchanged and total:
        yield from terminal.paragraph(f"no change found in: {', '.join(unchanged)}")


def _risk(terminal: TerminalStyle, risk: Risk) -> Iterator[Text]:
    fails = Group.FAILS in risk.bad.values()
    group = Group.FAILS if fails else Group.CHANGES
    head = Text(" " * INDENT)
    head.append(
        f"{terminal.symbol(group)} {terminal.fit(risk.kind, _KIND):<{_KIND}}", terminal.style(group)
    )
    head.append(f" {len(risk.bad):>3} of {risk.pipelines:<3} ")
    left = head.cell_len
    for line in name_lines(terminal, sorted(risk.bad), max(terminal.width - left, 8), 2):
        yield Text.assemble(head, " " * (left - head.cell_len), line)
        head = Text()
