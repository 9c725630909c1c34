"""The data of the page besides its cells: environments, pipelines, texts, and counts to verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matrix.causes import KnownCause
from matrix.model import Group, Matrix, Verdict
from matrix.model.codec import Json, encode, head_to_json
from matrix.report import row_evidence
from matrix.report.cause_text import since
from matrix.report.html.embedding import Embedded, embedded
from matrix.report.releases import release_line
from matrix.report.verdict_words import GROUP_WORDS, MEANINGS

GROUP_KEYS = {
    Group.LOADS: "safe",
    Group.LIMITED: "limited",
    Group.CHANGES: "changes",
    Group.FAILS: "fails",
    Group.UNKNOWN: "unknown",
}
"""The name of each group in addresses and CSS classes."""


def head(matrix: Matrix, counts: Counter[Verdict], causes: Mapping[str, KnownCause]) -> Embedded:
    """Return all data that the scripts need besides the cells, as JSON."""
    return embedded(
        encode(
            {
                **head_to_json(matrix),
                "rowEvidence": {
                    name: row_evidence.described(one) for name, one in matrix.evidence.items()
                },
                "line": [environment.id for environment in release_line(matrix.environments)],
                "causes": {name: _cause(cause) for name, cause in causes.items()},
                "groups": [_group(group) for group in Group],
                "verdicts": [_verdict(verdict, counts[verdict]) for verdict in Verdict],
            }
        )
    )


def _cause(cause: KnownCause) -> Json:
    return {
        "title": cause.title,
        "since": since(cause),
        "explanation": cause.explanation,
        "advice": cause.advice,
        "links": list(cause.links),
    }


def _group(group: Group) -> Json:
    word = GROUP_WORDS[group]
    return {
        "key": GROUP_KEYS[group],
        "symbol": word.symbol,
        "label": word.label,
        "meaning": word.meaning,
    }


def _verdict(verdict: Verdict, count: int) -> Json:
    """Return a verdict as JSON; its group is an index."""
    return {
        "name": verdict.value,
        "group": list(Group).index(verdict.group),
        "meaning": MEANINGS[verdict],
        "count": count,
    }
