"""Sentences about the outcome of a migration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from matrix.model import Cell, Group
from matrix.remedies import Remedies, RemedyKind, Subject
from matrix.remedies.provenance import beside, name_of_part
from matrix.report.model_answers import group_of, headline
from matrix.upgrade.answer import UpgradeAnswer

_TRIED = 12


def already(answer: UpgradeAnswer) -> Iterator[str]:
    """Yield the lines for a model that needs no migration."""
    yield f"{answer.model.id}: {headline(answer)}: no migration needed, nothing written"
    if group_of(answer) is Group.LIMITED:
        yield "to convert it so that it can also be printed, add --introspection"


def migrated(
    rows: Mapping[str, int], subject: Subject, remedies: Remedies, target: Path
) -> Iterator[str]:
    """Yield the lines for a model that the first remedy with a file migrated.

    Args:
        rows: how many rows outputs were compared on, by the id of the model.
        subject: the original.
        remedies: with a file.
        target: the path of the new file.
    """
    remedy = remedies.files[0]
    assert remedy.cell is not None
    yield f"{target}: predicts in {subject.reader.spec.label} what the original predicted before"
    yield remedy.words
    if not remedy.parts:
        yield _compared(rows[subject.pipeline.id], remedy.cell)
    for one, cell in zip((subject, *subject.others), remedy.parts, strict=bool(remedy.parts)):
        compared = _compared(rows[one.pipeline.id], cell) if _has_rows(one) else _as_data(cell)
        yield f"{name_of_part(one)}: {compared}"
    yield f"provenance: {beside(target)}"


def _has_rows(subject: Subject) -> bool:
    return "values" not in subject.saving.outputs


def _compared(n_rows: int, cell: Cell) -> str:
    return f"every method compared on {n_rows:,} rows: {cell.verdict.value}"


def _as_data(cell: Cell) -> str:
    return f"compared as data: {cell.verdict.value}"


def no_remedy(answer: UpgradeAnswer, subject: Subject, remedies: Remedies) -> Iterator[str]:
    """Yield the lines for a model that cannot be migrated."""
    to = subject.reader.spec.label
    yield f"{answer.model.id}: no verified conversion to {to} keeps its predictions"
    for remedy in remedies.found:
        yield remedy.words
    if not any(remedy.kind is RemedyKind.RETRAIN for remedy in remedies.found):
        yield "nothing was written"
    if remedies.first_bad is not None:
        yield remedies.first_bad.words
    for line in remedies.tried[:_TRIED]:
        yield f"tried: {line}"
    if len(remedies.tried) > _TRIED:
        yield f"tried: {len(remedies.tried) - _TRIED} more"
