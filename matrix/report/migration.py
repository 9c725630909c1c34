"""Sentences about the outcome of a migration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matrix.model import Group
from matrix.remedies import Remedies, RemedyKind, Subject
from matrix.remedies.provenance import beside
from matrix.report.model_answers import group_of, headline
from matrix.upgrade.answer import UpgradeAnswer

_TRIED = 12


def already(answer: UpgradeAnswer) -> Iterator[str]:
    """Yield the lines for a model that needs no migration."""
    yield f"{answer.model.id}: {headline(answer)}: no migration needed, nothing written"
    if group_of(answer) is Group.LIMITED:
        yield "to convert it so that it can also be printed, add --introspection"


def migrated(
    answer: UpgradeAnswer, subject: Subject, remedies: Remedies, target: Path
) -> Iterator[str]:
    """Yield the lines for a model that the first remedy with a file migrated."""
    remedy = remedies.files[0]
    assert remedy.cell is not None
    yield f"{target}: predicts in {subject.reader.spec.label} what the original predicted before"
    yield remedy.words
    yield f"every method compared on {answer.rows.n:,} rows: {remedy.cell.verdict.value}"
    yield f"provenance: {beside(target)}"


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
