"""What became of a migration, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matrix.remedies import Remedies, RemedyKind, Subject
from matrix.remedies.provenance import beside
from matrix.report.model_answers import headline
from matrix.upgrade.answer import UpgradeAnswer

_TRIED = 12


def already(answer: UpgradeAnswer) -> Iterator[str]:
    """A model that needs no migration."""
    yield f"{answer.model.id}: {headline(answer)}: nothing to migrate, nothing written"


def migrated(
    answer: UpgradeAnswer, subject: Subject, ways: Remedies, target: Path
) -> Iterator[str]:
    """A model that was migrated, by the first way that ends with a file."""
    way = ways.files[0]
    assert way.cell is not None
    yield f"{target}: gives in {subject.reader.spec.label} what the original gave before"
    yield way.words
    yield f"compared on {answer.rows.n:,} rows, every method: {way.cell.verdict.value}"
    yield f"how it came about: {beside(target)}"


def no_way(answer: UpgradeAnswer, subject: Subject, ways: Remedies) -> Iterator[str]:
    """A model that cannot be migrated."""
    yield f"{answer.model.id}: no way to {subject.reader.spec.label} keeps its predictions"
    for way in ways.found:
        yield way.words
    if not any(way.way is RemedyKind.RETRAIN for way in ways.found):
        yield "nothing was written"
    if ways.since is not None:
        yield ways.since.words
    for line in ways.tried[:_TRIED]:
        yield f"tried: {line}"
    if len(ways.tried) > _TRIED:
        yield f"tried: {len(ways.tried) - _TRIED} more"
