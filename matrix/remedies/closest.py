"""The conversion that keeps most outputs, where none keeps all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matrix.judge.own_tables import INTROSPECTION
from matrix.model import Cell, Returned
from matrix.remedies.remedy import CandidateFile, PartialConversion, Subject


def closest(
    subject: Subject, cell: Cell, ends: Iterable[tuple[CandidateFile, Cell]]
) -> PartialConversion | None:
    """The conversion that keeps most outputs, or the original if that keeps as many.

    None if not even one output stays the same.

    Args:
        subject: a file with one model; of others nothing is said.
        cell: of the original in the target.
        ends: converted files, with their cells in the target.
    """
    if subject.others:
        return None
    files = [(subject.file, cell), *ends]
    file, end = max(files, key=lambda one: len(same_methods(subject, one[1])))
    same = same_methods(subject, end)
    rest = [name for name in _methods(subject) if name not in same]
    if not same or not rest:
        return None
    return PartialConversion(file=file, cell=end, same=tuple(same), different=tuple(rest))


def same_methods(subject: Subject, cell: Cell) -> Sequence[str]:
    """The methods whose outputs a cell has as before; none if it is not known what they are."""
    if not cell.outputs and not cell.verdict.predicts_same:
        return []
    return [name for name in _methods(subject) if cell.verdict_of(name).safe]


def _methods(subject: Subject) -> list[str]:
    """The methods that returned something in the origin, without attributes: ``classes_``."""
    return [
        name
        for name, one in subject.saving.outputs.items()
        if isinstance(one, Returned) and name not in INTROSPECTION and not name.endswith("_")
    ]
