"""What the page knows beside its cells: environments, pipelines, words, and what must add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matrix.causes import KnownCause
from matrix.model import Group, Matrix, Verdict
from matrix.model.codec import Json, encode, head_to_json
from matrix.report.cause_text import since
from matrix.report.html.embedding import Embedded, embedded
from matrix.report.releases import release_line
from matrix.report.verdict_words import GROUP_WORDS, MEANINGS

GROUP_KEYS = {
    Group.LOADS: "safe",
    Group.CHANGES: "changes",
    Group.FAILS: "fails",
    Group.UNKNOWN: "unknown",
}
"""A word for each group, in addresses and in the names of styles."""


def head(matrix: Matrix, counts: Counter[Verdict], causes: Mapping[str, KnownCause]) -> Embedded:
    """All that the scripts need to know before they look at a cell."""
    return embedded(
        encode(
            {
                **head_to_json(matrix),
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
        "verb": word.verb,
        "meaning": word.meaning,
    }


def _verdict(verdict: Verdict, count: int) -> Json:
    """By severity; its group by the position of that."""
    return {
        "name": verdict.value,
        "group": list(Group).index(verdict.group),
        "meaning": MEANINGS[verdict],
        "count": count,
    }
