"""Cards of the causes that break the most pipelines: what changed, an error, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.causes import KnownCause
from matrix.model import Cell, Group
from matrix.report.cause_text import known_cause, since
from matrix.report.sentences import counted
from matrix.safe_text import plain
from matrix.shell_words import quoted_path, with_names

_MOST = 12
_MOST_TALLIES = 1000
_LONGEST = 400


@dataclass(slots=True)
class CauseTally:
    """The cells of one cause."""

    known: KnownCause | None
    example: Cell
    groups: Counter[Group] = field(default_factory=Counter)
    pipelines: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True, slots=True)
class CauseCard:
    """One cause for people."""

    cause: str
    """As the filter of the page names it."""
    group: Group
    """The group of most of its cells."""
    title: str
    extent: str
    """How many cells and pipelines, since when, and the id of a known cause."""
    error: str
    """The exception of one of its cells; empty if nothing was raised."""
    explanation: str
    """With code between backticks; empty if the cause is unknown."""
    advice: str
    """With code between backticks."""
    command: str
    """A command that explains one of its cells; empty if the cause is known."""


@dataclass(frozen=True, slots=True)
class CauseCards:
    """The cards of the causes with the most pipelines, and a sentence about the rest."""

    shown: tuple[CauseCard, ...] = ()
    rest: str = ""


def tally(tallies: dict[str, CauseTally], cause: str, cell: Cell) -> None:
    """Count a cell that changes, fails or is limited, under its cause."""
    if not cell.verdict.group.unsafe:
        return
    if cause not in tallies:
        if len(tallies) >= _MOST_TALLIES:
            return
        tallies[cause] = CauseTally(known_cause(cell), cell)
    found = tallies[cause]
    found.groups[cell.verdict.group] += 1
    found.pipelines.add(cell.pipeline)


def cause_cards(tallies: Mapping[str, CauseTally], *, models: bool) -> CauseCards:
    """Return the cards, those of the most pipelines first.

    Args:
        tallies: by cause.
        models: whether the pipelines are models of an upgrade check.
    """
    ordered = sorted(
        tallies.items(), key=lambda one: (-len(one[1].pipelines), -one[1].groups.total(), one[0])
    )
    rest = ordered[_MOST:]
    return CauseCards(
        tuple(_card(cause, found, models) for cause, found in ordered[:_MOST]),
        _rest(len(rest), sum(one.groups.total() for _, one in rest)),
    )


def _rest(causes: int, cells: int) -> str:
    if not causes:
        return ""
    more = counted(causes, "more cause")
    return f"{more} with {counted(cells, 'cell')}: the filter lists them."


def _card(cause: str, found: CauseTally, models: bool) -> CauseCard:
    known, cell = found.known, found.example
    where = counted(len(found.pipelines), "model" if models else "pipeline")
    extent = f"{counted(found.groups.total(), 'cell')} of {where}"
    return CauseCard(
        cause=cause,
        group=found.groups.most_common(1)[0][0],
        title=cause if known is None else known.title,
        extent=extent if known is None else f"{extent} · {since(known)} · {known.id}",
        error=_error(cell),
        explanation="" if known is None else known.explanation,
        advice=f"No known cause. {_WHAT_COMMAND_DOES[models]}:" if known is None else known.advice,
        command="" if known else _command(cell, models),
    )


def _error(cell: Cell) -> str:
    if cell.exception is None:
        return ""
    return plain(f"{cell.exception.type}: {cell.exception.message}", _LONGEST)


_WHAT_COMMAND_DOES = {
    False: "This command compares one of its cells step by step",
    True: "This command prints how to reproduce it by hand",
}


def _command(cell: Cell, models: bool) -> str:
    if models:
        return f"compat-matrix upgrade --reproduce=by-hand {quoted_path(cell.pipeline)}"
    names = (cell.pipeline, cell.writer, cell.reader)
    return f"compat-matrix explain {with_names([f'--format={cell.format}'], names)}"
