"""Pipelines that show a well-known mistake, such as a lambda: reports count them apart."""

from __future__ import annotations

from collections import Counter

from matrix.model import Group, Matrix, Verdict
from matrix.report.sentences import counted
from matrix.report.verdict_words import GROUP_WORDS

TAG = "mistake"
"""The tag of these pipelines. They cannot be saved, or fail also where they were saved."""


def pipelines_with_mistakes(matrix: Matrix) -> frozenset[str]:
    """Return the ids of the pipelines with the tag; of an upgrade check, none."""
    return frozenset(one.id for one in matrix.pipelines if TAG in one.tags)


def sentence(pipelines: int, counts: Counter[Verdict]) -> str:
    """Return what the cells of known mistakes come to, by group; empty if there are none."""
    if not counts:
        return ""
    by_group = {group: sum(counts[one] for one in Verdict if one.group is group) for group in Group}
    parts = [f"{n:,} {GROUP_WORDS[group].label}" for group, n in by_group.items() if n]
    return (
        f"Of these, {counted(counts.total(), 'cell')} belong to {counted(pipelines, 'pipeline')} "
        f"with the tag {TAG}, which show well-known mistakes: {', '.join(parts)}."
    )
