"""Generates the documentation page of the known causes, by package and release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.version import Version

from matrix.causes.known_cause import CROSSINGS, Example, KnownCause
from matrix.model import Direction

_HEAD = """\
# Causes

Known reasons why saved models fail or change: {count} causes. Each was found by running pipelines,
and a test saves and loads its example. Reports refer to a cause by its id. A cause applies only if
its release lies between the release that saved the file and the one that loads it; below each cause
you see which direction fails or changes. Other cells are grouped by their error or their changed
output, under an id that begins with `unknown-`.

`nox -s causes` generates this page from [causes.toml](../matrix/causes/causes.toml).
"""
_FIRST = ("scikit-learn", "numpy", "scipy", "joblib", "python", "")
_DIRECTIONS = {Direction.UPGRADE: "upgrades", Direction.ROLLBACK: "rollbacks"}
_VERBS = {"fails": "fail", "silently changes": "change silently"}


def causes_page(causes: Iterable[KnownCause]) -> str:
    """Return the page; it does not depend on the order of the causes."""
    ordered = sorted(causes, key=_sort_key)
    return "\n".join([_HEAD.format(count=len(ordered)), *_contents(ordered), *_sections(ordered)])


def _sort_key(cause: KnownCause) -> tuple[int, str, Version, str]:
    """Return the sort key: by package, then by release."""
    rank = _FIRST.index(cause.package) if cause.package in _FIRST else len(_FIRST)
    return rank, cause.package, Version(cause.since or "0"), cause.id


def _contents(causes: Iterable[KnownCause]) -> Iterator[str]:
    yield "| id | since | change |"
    yield "| --- | --- | --- |"
    for cause in causes:
        link = f"[{cause.id}](#{_anchor(cause.id)})"
        yield f"| {link} | {cause.release or 'all releases'} | {cause.markdown_title} |"
    yield ""


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub generates for a heading."""
    return heading.replace(".", "")


def _sections(causes: Iterable[KnownCause]) -> Iterator[str]:
    for cause in causes:
        yield f"## {cause.id}\n"
        yield f"**{cause.markdown_title}.** {cause.explanation}\n"
        yield f"What to do: {cause.advice}\n"
        yield f"- {_since(cause)}"
        if cause.conversions:
            yield f"- [converted](migrate.md#conversions) by {', '.join(cause.conversions)}"
        yield f"- example: {_example(cause.example)}"
        for link in cause.links:
            yield f"- <{link}>"
        yield ""


def _since(cause: KnownCause) -> str:
    effects = dict.fromkeys(
        f"{_DIRECTIONS[direction]} {_VERBS[one.group.value]}"
        for one in cause.signatures
        for direction in ([one.direction] if one.direction else CROSSINGS)
    )
    return f"since {cause.release}: {', '.join(effects)}" if cause.since else "in every release"


def _example(example: Example) -> str:
    writer, reader = (one.removeprefix("sklearn-") for one in (example.writer, example.reader))
    return f"`{example.pipeline}` saved by {writer}, loaded by {reader}"
