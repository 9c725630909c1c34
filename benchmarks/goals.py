"""The goals of speed and memory: what was measured, the floor of the same run, and the ratio."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One row of the table."""

    what: str
    measured: float
    unit: str
    goal: float
    """The most that may be measured; for a goal with a floor, the most that the ratio may be."""
    floor: float | None = None
    """The least that the same work takes, measured in the same run; None for an absolute goal."""

    @property
    def ratio(self) -> float | None:
        """What was measured, in floors."""
        return None if self.floor is None else self.measured / self.floor

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return (self.measured if self.ratio is None else self.ratio) <= self.goal


def table(goals: Iterable[Goal]) -> Table:
    """The goals as a table."""
    made = Table(title="goals")
    for heading in ("what", "measured", "floor", "ratio", "goal", "met"):
        made.add_column(heading, justify="left" if heading == "what" else "right")
    for one in goals:
        made.add_row(
            one.what,
            f"{one.measured:,.2f} {one.unit}",
            "" if one.floor is None else f"{one.floor:,.2f} {one.unit}",
            "" if one.ratio is None else f"{one.ratio:.2f}",
            f"≤ {one.goal:g} {one.unit if one.floor is None else '× floor'}",
            "yes" if one.met else "no",
        )
    return made


def show(goals: Iterable[Goal]) -> None:
    """Print the table."""
    Console(width=max(110, shutil.get_terminal_size().columns)).print(table(goals))
