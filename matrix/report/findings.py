"""Cells that are not safe, gathered into findings: few enough to be looked at one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from matrix.model import Cell, Environment, Group, Matrix, Status, Verdict
from matrix.report.comparison_text import CellStatuses
from matrix.report.releases import Travel, release_of
from matrix.report.summary import ABSENT, VERDICTS, Summary


@dataclass(slots=True)
class Finding:
    """One pipeline, going one way, from the first reader on that comes to this verdict."""

    pipeline: str
    verdict: Verdict
    direction: Travel
    reader: str
    """The id of the first on the way; each writer has its own way."""
    cells: int = 0
    """How many come to this; each cell is in one finding."""
    statuses: Counter[Status] = field(default_factory=Counter)
    """How many of them are what against a baseline; empty without one."""
    said: str = ""
    """Of a cell with that reader, in words."""
    cause: str = ""
    """The id of the cause of that cell, if it has one."""


def find(matrix: Matrix, summary: Summary, words: Callable[[Cell], str]) -> list[Finding]:
    """The findings, in the order in which the cells come.

    Args:
        matrix: its cells are read once.
        summary: of the same matrix.
        words: says what is to be known of a cell.
    """
    ways, statuses = _Ways(summary), CellStatuses(matrix.comparison)
    found: dict[tuple[str, Verdict, Travel, str], Finding] = {}
    for cell in matrix.cells:
        if cell.verdict.group not in (Group.CHANGES, Group.FAILS):
            continue
        direction, first = ways.first(cell)
        key = (cell.pipeline, cell.verdict, direction, first)
        finding = found.get(key)
        if finding is None:
            finding = found[key] = Finding(*key)
        finding.cells += 1
        status = statuses.of(cell)
        if status is not None:
            finding.statuses[status] += 1
        if not finding.said and cell.reader == first:
            finding.said = words(cell)
            finding.cause = cell.cause or ""
    return list(found.values())


class _Ways:
    """Which readers a file passes on its way from a writer to a reader, by their places."""

    def __init__(self, summary: Summary) -> None:
        environments = summary.environments
        self._grids = summary.grids
        self._ids = [environment.id for environment in environments]
        self._place = {name: place for place, name in enumerate(self._ids)}
        self._ways = {
            (writer, direction): way
            for writer in range(len(environments))
            for direction, way in _ways_from(writer, environments).items()
        }
        self._direction = {
            (writer, reader): direction
            for (writer, direction), way in self._ways.items()
            for reader in way
        }

    def first(self, cell: Cell) -> tuple[Travel, str]:
        """Which way this cell goes, and the first reader on it that comes to the same."""
        writer, reader = self._place.get(cell.writer), self._place.get(cell.reader)
        if writer is None or reader is None:
            return Travel.VARIATION, cell.reader
        direction = self._direction[writer, reader]
        grid, row = self._grids[cell.pipeline, cell.format], writer * len(self._ids)
        for place in self._ways[writer, direction]:
            severity = grid[row + place]
            if severity != ABSENT and VERDICTS[severity] is cell.verdict:
                return direction, self._ids[place]
        return direction, cell.reader


def _ways_from(writer: int, environments: tuple[Environment, ...]) -> Mapping[Travel, list[int]]:
    """Readers by the direction that they lie in, the nearest release first."""
    releases = [release_of(environment) for environment in environments]
    own, places = releases[writer], range(len(environments))
    nearest = sorted(places, key=lambda place: releases[place])
    return {
        Travel.UPGRADE: [place for place in nearest if releases[place] > own],
        Travel.ROLLBACK: [place for place in nearest[::-1] if releases[place] < own],
        Travel.VARIATION: [place for place in nearest if releases[place] == own],
    }
