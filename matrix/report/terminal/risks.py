"""What kinds of pipelines are at risk, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from matrix.model import Environment, Group, Matrix
from matrix.report.risk import Risk, risks
from matrix.report.terminal import console_for
from matrix.report.terminal.style import INDENT, TerminalStyle, listed

_KIND = 18
"""Columns that the name of a kind may have."""


def show_risks(
    matrix: Matrix,
    origin: Environment,
    target: Environment,
    *,
    file: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Print what kinds of pipelines fail or change between two environments.

    Args:
        matrix: has both.
        origin, target: where pipelines come from, and where they go.
        file: where to; standard output if not given.
        width: in columns; that of the terminal, or 80, if not given.
    """
    console = console_for(file, width, None)
    voice = TerminalStyle.of(console)
    for line in _lines(voice, risks(matrix, origin.id, target.id), origin, target):
        console.print(line, no_wrap=True, crop=True, overflow="crop")


def _lines(
    voice: TerminalStyle, found: list[Risk], origin: Environment, target: Environment
) -> Iterator[Text]:
    total, bad = sum(risk.pipelines for risk in found), sum(len(risk.bad) for risk in found)
    unknown = sum(risk.unknown for risk in found)
    step = f"{origin.spec.label} → {target.spec.label}"
    yield voice.title(f"{step}: {bad:,} of {total:,} reference pipelines change or fail")
    if unknown:
        yield voice.faint(f"{unknown:,} cannot be told")
    if target.reason:
        yield from voice.paragraph(target.reason)
    for risk in found:
        if risk.bad:
            yield from _risk(voice, risk)
    unharmed = [risk.kind for risk in found if not risk.bad and risk.unknown < risk.pipelines]
    if unharmed and total:
        yield from voice.paragraph(f"no change seen in: {', '.join(unharmed)}")


def _risk(voice: TerminalStyle, risk: Risk) -> Iterator[Text]:
    fails = Group.FAILS in risk.bad.values()
    group = Group.FAILS if fails else Group.CHANGES
    head = Text(" " * INDENT)
    head.append(f"{voice.symbol(group)} {voice.fit(risk.kind, _KIND):<{_KIND}}", voice.style(group))
    head.append(f" {len(risk.bad):>3} of {risk.pipelines:<3} ")
    left = head.cell_len
    for line in listed(voice, sorted(risk.bad), max(voice.width - left, 8), 2):
        yield Text.assemble(head, " " * (left - head.cell_len), line)
        head = Text()
