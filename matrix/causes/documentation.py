"""The known causes as a page of the documentation, by package and release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.version import Version

from matrix.causes.known_cause import Direction, Example, KnownCause

_HEAD = """\
# Causes

Why saved models break or change, as far as it is known: {count} causes, each found by running and
run again by a test, which saves and loads its example. What a report calls by one of these ids is
explained here. A cause speaks only of files that go over its release, one way or the other; which
way fails or changes is said below each. Cells of a cause that nobody has written down are grouped
by what they show, under an id that begins with `unknown-`.

This page is written by `nox -s causes` from [causes.toml](../matrix/causes/causes.toml).
"""
_FIRST = ("scikit-learn", "numpy", "scipy", "joblib", "python", "")
_WAYS = {Direction.UPGRADE: "upgrades", Direction.ROLLBACK: "rollbacks"}
_DOES = {"fails": "fail", "silently changes": "silently change"}


def documented(causes: Iterable[KnownCause]) -> str:
    """The page; the same for the same causes, whatever their order in the file."""
    ordered = sorted(causes, key=_place)
    return "\n".join([_HEAD.format(count=len(ordered)), *_contents(ordered), *_sections(ordered)])


def _place(cause: KnownCause) -> tuple[int, str, Version, str]:
    """Packages in their order, the newest releases last."""
    rank = _FIRST.index(cause.package) if cause.package in _FIRST else len(_FIRST)
    return rank, cause.package, Version(cause.since or "0"), cause.id


def _contents(causes: Iterable[KnownCause]) -> Iterator[str]:
    yield "| id | since | what |"
    yield "| --- | --- | --- |"
    for cause in causes:
        yield f"| [{cause.id}](#{_anchor(cause.id)}) | {cause.release or 'ever'} | {cause.title} |"
    yield ""


def _anchor(heading: str) -> str:
    """What GitHub makes of a heading."""
    return heading.replace(".", "")


def _sections(causes: Iterable[KnownCause]) -> Iterator[str]:
    for cause in causes:
        yield f"## {cause.id}\n"
        yield f"**{cause.title}.** {cause.explanation}\n"
        yield f"What to do: {cause.advice}\n"
        yield f"- {_since(cause)}"
        yield f"- for example {_example(cause.example)}"
        for link in cause.links:
            yield f"- <{link}>"
        yield ""


def _since(cause: KnownCause) -> str:
    ways = dict.fromkeys(
        f"{_WAYS[way]} {_DOES[one.group.value]}"
        for one in cause.signatures
        for way in ([one.direction] if one.direction else Direction)
    )
    return f"since {cause.release}: {', '.join(ways)}" if cause.since else "in every release"


def _example(example: Example) -> str:
    writer, reader = (one.removeprefix("sklearn-") for one in (example.writer, example.reader))
    return f"`{example.pipeline}` saved by {writer}, loaded by {reader}"
