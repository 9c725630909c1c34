"""What kinds of pipelines are at risk between two environments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matrix.model import Cell, Group, Matrix


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """A kind of pipelines, by the file that they are in."""

    kind: str
    pipelines: int
    """How many there are."""
    bad: Mapping[str, Group]
    """Those that change or fail, each with the worst that happens to it."""
    unknown: int = 0
    """Of how many nothing is known."""


def risks(matrix: Matrix, writer: str, reader: str) -> list[Risk]:
    """The kinds of pipelines, those most at risk first.

    Args:
        matrix: has both environments.
        writer, reader: their ids.
    """
    kinds = {pipeline.id: pipeline.file.stem for pipeline in matrix.pipelines}
    worst: dict[str, Cell] = {}
    for cell in matrix.cells:
        if (cell.writer, cell.reader) == (writer, reader):
            known = worst.get(cell.pipeline)
            if known is None or _weight(known) < _weight(cell):
                worst[cell.pipeline] = cell
    found = [
        _risk(kind, [worst[name] for name, its in kinds.items() if its == kind and name in worst])
        for kind in dict.fromkeys(kinds.values())
    ]
    return sorted(found, key=lambda risk: (-len(risk.bad) / max(risk.pipelines, 1), risk.kind))


def _weight(cell: Cell) -> tuple[bool, int]:
    """A change or a failure in one format outweighs that another format is not to be had."""
    return cell.verdict.group is not Group.UNKNOWN, cell.verdict.severity


def _risk(kind: str, cells: Iterable[Cell]) -> Risk:
    groups = {cell.pipeline: cell.verdict.group for cell in cells}
    return Risk(
        kind=kind,
        pipelines=len(groups),
        bad={n: g for n, g in groups.items() if g in (Group.CHANGES, Group.FAILS)},
        unknown=sum(group is Group.UNKNOWN for group in groups.values()),
    )
