"""Groups the cells that are known not to be safe into findings, few enough to review one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from matrix.model import Cell, Direction, Environment, Matrix, Status, Verdict
from matrix.report.comparison_text import CellStatuses
from matrix.report.releases import release_of
from matrix.report.summary import Summary
from matrix.report.verdict_grids import ABSENT, VERDICTS


@dataclass(slots=True)
class Finding:
    """One pipeline in one direction of travel, from the first reader with this verdict on."""

    pipeline: str
    verdict: Verdict
    direction: Direction
    reader: str
    """Id of the first reader with this verdict, counted from each writer."""
    cells: int = 0
    """Number of cells; each cell is in one finding."""
    statuses: Counter[Status] = field(default_factory=Counter)
    """Number of cells by status compared with a baseline; empty without one."""
    description: str = ""
    """Of a cell with that reader."""
    cause: str = ""
    """Id of the cause of that cell; empty if it has none."""


def find(matrix: Matrix, summary: Summary, describe: Callable[[Cell], str]) -> list[Finding]:
    """Return the findings, in the order of their first cells.

    Args:
        matrix: its cells are read once.
        summary: of the same matrix.
        describe: returns the description of a cell.
    """
    routes, statuses = _Routes(summary), CellStatuses(matrix.comparison)
    found: dict[tuple[str, Verdict, Direction, str], Finding] = {}
    for cell in matrix.cells:
        if not cell.verdict.group.unsafe:
            continue
        direction, first = routes.first(cell)
        key = (cell.pipeline, cell.verdict, direction, first)
        finding = found.get(key)
        if finding is None:
            finding = found[key] = Finding(*key)
        finding.cells += 1
        status = statuses.of(cell)
        if status is not None:
            finding.statuses[status] += 1
        if not finding.description and cell.reader == first:
            finding.description = describe(cell)
            finding.cause = cell.cause or ""
    return list(found.values())


class _Routes:
    """The readers between a writer and a reader in the order of releases, by position."""

    def __init__(self, summary: Summary) -> None:
        environments = summary.environments
        self._grids = summary.grids.severities
        self._ids = [environment.id for environment in environments]
        self._position = {name: position for position, name in enumerate(self._ids)}
        self._routes = {
            (writer, direction): route
            for writer in range(len(environments))
            for direction, route in _routes_from(writer, environments).items()
        }
        self._direction = {
            (writer, reader): direction
            for (writer, direction), route in self._routes.items()
            for reader in route
        }

    def first(self, cell: Cell) -> tuple[Direction, str]:
        """Return the direction of a cell, and the first reader that way with the same verdict."""
        writer, reader = self._position.get(cell.writer), self._position.get(cell.reader)
        if writer is None or reader is None:
            return Direction.VARIATION, cell.reader
        direction = self._direction[writer, reader]
        grid, row = self._grids[cell.pipeline, cell.format], writer * len(self._ids)
        for position in self._routes[writer, direction]:
            severity = grid[row + position]
            if severity != ABSENT and VERDICTS[severity] is cell.verdict:
                return direction, self._ids[position]
        return direction, cell.reader


def _routes_from(
    writer: int, environments: tuple[Environment, ...]
) -> Mapping[Direction, list[int]]:
    """Return the positions of the readers by direction, the nearest release first."""
    releases = [release_of(environment) for environment in environments]
    own = releases[writer]
    ordered = sorted(range(len(environments)), key=lambda position: releases[position])
    return {
        Direction.UPGRADE: [position for position in ordered if releases[position] > own],
        Direction.ROLLBACK: [position for position in ordered[::-1] if releases[position] < own],
        Direction.VARIATION: [position for position in ordered if releases[position] == own],
    }
