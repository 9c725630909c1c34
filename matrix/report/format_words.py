"""The comparison of formats in words, for all reports that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timezone

from packaging.version import Version

from matrix.model import Environment, Matrix
from matrix.model.environments import SCIKIT_LEARN
from matrix.report.format_shares import FormatComparison, FormatShare
from matrix.report.package_words import named_libraries
from matrix.report.sentences import counted
from matrix.report.sizes import size_text
from matrix.upgrade.answer import release_of

HEADS = ("saved", "safe", "same", "outputs", "size", "save", "load", "code", "needs")
"""What :func:`values` returns, by position."""

_LEGEND = {
    "saved": "saved: of the trained models, those whose file is safe in its own environment.",
    "safe": "safe: of the loads of a file in another environment.",
    "same": "same: also those where only repr or get_params fails; every prediction is the same.",
    "outputs": "outputs: how many a load compares, repr and get_params included; fewer are weaker "
    "evidence.",
    "size": "Size, and processor time to save and load one file: medians over the pipelines that "
    "every format saves.",
    "code": "code: whether loading can run code.",
    "needs": "needs: what must be installed to load it.",
}


def legend(shown: Iterable[str] = HEADS) -> list[str]:
    """Return what the columns with these names mean, a sentence each."""
    names = set(shown)
    return [text for name, text in _LEGEND.items() if name in names]


_TWO_SHOWN = 3
"""Releases; of more only the first and the last are named."""


def values(share: FormatShare) -> tuple[str, ...]:
    """Return the figures of a format as texts, in the order of :data:`HEADS`."""
    found = share.tally
    return (
        percent(found.saved, found.tried),
        percent(found.safe, found.loaded),
        percent(found.same, found.loaded),
        f"{share.outputs:,}" if share.outputs else "",
        file_size(share.size),
        milliseconds(share.save_seconds),
        milliseconds(share.load_seconds),
        "yes" if share.runs_code else "no",
        share.needs,
    )


def run_sentence(matrix: Matrix, found: FormatComparison) -> str:
    """Return which run measured a comparison: its day, releases, Pythons, pipelines and loads."""
    ready = [one for one in matrix.environments if one.ready]
    versions = [
        f"{name} {_span(releases)}"
        for name in (SCIKIT_LEARN, *named_libraries(ready))
        if (releases := _releases(ready, name))
    ]
    pythons = sorted({_minor(one.info.python) for one in ready if one.info}, key=Version)
    day = matrix.started.astimezone(timezone.utc)
    return (
        f"Measured on {day.day} {day:%B %Y} with {', '.join(versions)}, Python "
        f"{_listed(pythons)}, {counted(len(ready), 'environment')}: "
        f"{counted(found.pipelines, 'pipeline')}, {counted(found.files, 'saved file')}, "
        f"{counted(found.loads, 'load')} in other environments."
    )


def _releases(environments: Iterable[Environment], name: str) -> list[str]:
    found = {release_of(one, name) for one in environments}
    return sorted(filter(None, found), key=Version)


def _span(releases: list[str]) -> str:
    if len(releases) < _TWO_SHOWN:
        return _listed(releases)
    return f"{releases[0]} to {releases[-1]} ({len(releases)} releases)"


def _listed(names: list[str]) -> str:
    """Return ``3.9, 3.11 and 3.12``."""
    *others, last = names or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])


def by_family(found: FormatComparison) -> Iterator[tuple[str, int, list[str]]]:
    """Yield each family with its number of pipelines and, by format, what is safe of it."""
    for family in found.families:
        yield family.name, family.pipelines, [family_text(share) for share in family.shares]


def family_text(share: FormatShare) -> str:
    """Return what is safe of a family: ``66 %``, or ``66 % (57 % saved)`` if not all were saved."""
    found = share.tally
    safe = percent(found.safe, found.loaded)
    if found.saved == found.tried:
        return safe
    saved = f"{percent(found.saved, found.tried)} saved"
    return f"{safe} ({saved})" if safe else saved


def file_size(size: float | None) -> str:
    """Return a size of a file: ``1.2 kB``; empty if unknown."""
    return "" if size is None else size_text(size, kilobytes=".1f")


def milliseconds(seconds: float | None) -> str:
    """Return a time: ``1.2 ms``; empty if unknown."""
    return "" if seconds is None else f"{seconds * 1000:.1f} ms"


def percent(part: int, whole: int) -> str:
    """Return a share, rounded down so that 100 % is all; empty of nothing."""
    return f"{100 * part // whole} %" if whole else ""
