"""The grid of an upgrade check, models by releases, in as few columns as say the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version

from matrix.model import Group, JointAnswer, Verdict

LEGEND = (
    (Group.LOADS, "same"),
    (Group.LIMITED, "same, but repr or get_params fails"),
    (Group.CHANGES, "differs without an error"),
    (Group.FAILS, "fails"),
    (Group.UNKNOWN, "unknown"),
)
"""What each symbol of the grid means."""
NOT_RUN = "blank: not run"
"""What a place without a symbol means."""

_WORST = (Group.FAILS, Group.CHANGES, Group.UNKNOWN, Group.LIMITED, Group.LOADS)
_FEWEST = 4
"""Columns of releases that a block of the grid has at least."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GridColumn:
    """A column of the grid: one release, or several in which no model has two outcomes."""

    label: str
    """``1.9.1``, the line ``1.4`` of several releases, or ``1.6-1.9``."""
    releases: tuple[str, ...]
    groups: tuple[Group | None, ...]
    """By model; None if it was not run there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JointGrid:
    """The grid, with the worst models first."""

    models: tuple[str, ...]
    columns: tuple[GridColumn, ...]

    def row(self, place: int) -> tuple[Group | None, ...]:
        """The groups of a model by column."""
        return tuple(column.groups[place] for column in self.columns)

    def worst(self, place: int) -> Group:
        """The worst group of a model; unknown if it was not run."""
        found = set(self.row(place))
        return next((group for group in _WORST if group in found), Group.UNKNOWN)

    @property
    def used(self) -> list[tuple[Group, str]]:
        """The symbols that the grid has, with their meanings."""
        return [(group, text) for group, text in LEGEND if group in self._found]

    @property
    def not_run(self) -> str:
        """What its blank places mean; empty if it has none."""
        return NOT_RUN if None in self._found else ""

    @property
    def _found(self) -> set[Group | None]:
        return {group for column in self.columns for group in column.groups}


def joint_grid(joint: JointAnswer) -> JointGrid:
    """Return the grid with one column for each line in which no model has two outcomes."""
    rows = joint.grid
    models = sorted(rows, key=lambda name: _rank(rows[name]))
    every = [
        GridColumn(
            label=release,
            releases=(release,),
            groups=tuple(_group(rows[name][place]) for name in models),
        )
        for place, release in enumerate(joint.releases)
    ]
    return JointGrid(models=tuple(models), columns=tuple(_by_line(every)))


def _group(verdict: Verdict | None) -> Group | None:
    return None if verdict is None else verdict.group


def _rank(row: Iterable[Verdict | None]) -> int:
    """Where the worst group of a row stands; a row without any is as bad as an unknown one."""
    known = [_WORST.index(verdict.group) for verdict in row if verdict is not None]
    return min(known, default=_WORST.index(Group.UNKNOWN))


def line_of(release: str) -> str:
    """Return the line of a release, ``1.4`` of ``1.4.1.post1``; another text as it is."""
    try:
        version = Version(release)
    except InvalidVersion:
        return release
    return f"{version.major}.{version.minor}"


def _by_line(columns: Sequence[GridColumn]) -> Iterator[GridColumn]:
    """Yield each line as one column if no model has two outcomes in it, else its releases."""
    for line, members in _grouped(columns, lambda one: line_of(one.releases[0])):
        merged = None if len(members) == 1 else _merged(members, line)
        yield from members if merged is None else [merged]


def narrowed(grid: JointGrid) -> JointGrid:
    """Return the grid with labels of lines, and neighbours that say the same in one column."""
    lines = [line_of(one.releases[0]) for one in grid.columns]
    short = [
        GridColumn(label=line, releases=one.releases, groups=one.groups)
        if lines.count(line) == 1
        else one
        for line, one in zip(lines, grid.columns, strict=True)
    ]
    found = []
    for _, members in _grouped(short, lambda one: one.groups):
        merged = _merged(members, f"{members[0].label}-{members[-1].label}")
        found += [merged] if merged is not None and len(members) > 2 else members
    return JointGrid(models=grid.models, columns=tuple(found))


def blocks(grid: JointGrid, most: int) -> Iterator[JointGrid]:
    """Yield the grid in blocks, each with at most so many characters of columns."""
    part: list[GridColumn] = []
    used = 0
    for column in grid.columns:
        width = len(column.label) + 2
        if part and used + width > most and len(part) >= _FEWEST:
            yield JointGrid(models=grid.models, columns=tuple(part))
            part, used = [], 0
        part.append(column)
        used += width
    if part:
        yield JointGrid(models=grid.models, columns=tuple(part))


def width_of(grid: JointGrid) -> int:
    """Return how many characters the columns take, each with two before it."""
    return sum(len(column.label) + 2 for column in grid.columns)


def _grouped(
    columns: Sequence[GridColumn], key: Callable[[GridColumn], object]
) -> Iterator[tuple[Any, list[GridColumn]]]:
    for name, members in itertools.groupby(columns, key):
        yield name, list(members)


def _merged(members: Sequence[GridColumn], label: str) -> GridColumn | None:
    """Return several columns as one; None if a model has two outcomes in them."""
    rows = list(zip(*(one.groups for one in members), strict=True))
    known = [{group for group in row if group is not None} for row in rows]
    if any(len(groups) > 1 for groups in known):
        return None
    return GridColumn(
        label=label,
        releases=tuple(release for one in members for release in one.releases),
        groups=tuple(next(iter(groups), None) for groups in known),
    )
