"""Which kinds of pipelines are at risk between two environments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matrix.model import Cell, Group, Matrix


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """How one kind of pipelines fares; the kind is the name of their file."""

    kind: str
    pipelines: int
    """Number of pipelines."""
    limited: int
    """Number of pipelines that predict the same, but cannot be printed."""
    bad: Mapping[str, Group]
    """The pipelines that change or fail, each with its worst group."""
    unknown: int = 0
    """Number of pipelines without a known result."""


def risks(matrix: Matrix, writer: str, reader: str) -> list[Risk]:
    """Return the kinds of pipelines, those most at risk first.

    Args:
        matrix: has cells of both environments.
        writer, reader: ids of the environments.
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
    """A change or failure in one format outweighs an unknown result in another format."""
    return cell.verdict.group is not Group.UNKNOWN, cell.verdict.severity


def _risk(kind: str, cells: Iterable[Cell]) -> Risk:
    groups = {cell.pipeline: cell.verdict.group for cell in cells}
    return Risk(
        kind=kind,
        pipelines=len(groups),
        limited=sum(group is Group.LIMITED for group in groups.values()),
        bad={n: g for n, g in groups.items() if g in (Group.CHANGES, Group.FAILS)},
        unknown=sum(group is Group.UNKNOWN for group in groups.values()),
    )
