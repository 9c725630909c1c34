"""The data of the page besides its cells: environments, pipelines, texts, and counts to verify."""

from __future__ import annotations

from matrix.causes import KnownCause
from matrix.model import Group, Matrix, Verdict
from matrix.model.codec import Json, encode, head_to_json
from matrix.report import known_mistakes, row_evidence
from matrix.report.cause_text import since
from matrix.report.format_outcomes import in_one_line, outcomes_by_pipeline, table_rows
from matrix.report.html.cause_cards import cause_cards
from matrix.report.html.embedding import Facts
from matrix.report.html.packing import Packed, packed
from matrix.report.releases import release_line
from matrix.report.verdict_words import GROUP_WORDS, MEANINGS, group_meaning

GROUP_KEYS = {
    Group.LOADS: "safe",
    Group.LIMITED: "limited",
    Group.CHANGES: "changes",
    Group.FAILS: "fails",
    Group.UNKNOWN: "unknown",
}
"""The name of each group in addresses and CSS classes."""


def head(matrix: Matrix, found: Facts) -> Packed:
    """Return all data that the scripts need besides the cells, as JSON."""
    cards = cause_cards(found.tallies, models=bool(matrix.answers))
    return packed(
        encode(
            {
                **head_to_json(matrix),
                "rowEvidence": {
                    name: row_evidence.described(one) for name, one in matrix.evidence.items()
                },
                "waysToSave": _ways_to_save(matrix, found),
                "line": [environment.id for environment in release_line(matrix.environments)],
                "causes": {name: _cause(cause) for name, cause in found.causes.items()},
                "causeCards": [card.cause for card in cards.shown],
                "mistakes": {"tag": known_mistakes.TAG},
                "groups": [_group(group, matrix) for group in Group],
                "verdicts": [_verdict(verdict, found.counts[verdict]) for verdict in Verdict],
            }
        )
    )


def _ways_to_save(matrix: Matrix, found: Facts) -> Json:
    """Return the outcome of each format, by pipelines that were tried in more than one."""
    by_pipeline = outcomes_by_pipeline(found.grids, [one.id for one in matrix.pipelines])
    return {
        name: {"answer": in_one_line(some), "rows": table_rows(some)}
        for name, some in by_pipeline.items()
    }


def _cause(cause: KnownCause) -> Json:
    return {
        "title": cause.title,
        "since": since(cause),
        "explanation": cause.explanation,
        "advice": cause.advice,
        "links": list(cause.links),
    }


def _group(group: Group, matrix: Matrix) -> Json:
    word = GROUP_WORDS[group]
    return {
        "key": GROUP_KEYS[group],
        "symbol": word.symbol,
        "label": word.label,
        "meaning": group_meaning(group, matrix.formats),
    }


def _verdict(verdict: Verdict, count: int) -> Json:
    """Return a verdict as JSON; its group is an index."""
    return {
        "name": verdict.value,
        "group": list(Group).index(verdict.group),
        "meaning": MEANINGS[verdict],
        "count": count,
    }
