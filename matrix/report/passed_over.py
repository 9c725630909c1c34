"""What was passed over in the given folders, in words, for all reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from matrix.model import PassedOver
from matrix.safe_text import plain

_MOST_NAMES = 5
"""Most paths of each kind that are named; the rest is counted."""
_LONGEST = 120
"""Characters of a path."""


def by_kind(found: Iterable[PassedOver]) -> dict[str, list[str]]:
    """Return the paths for each kind of file, the kind with the most first."""
    kinds: dict[str, list[str]] = {}
    for one in found:
        kinds.setdefault(one.what, []).append(one.path)
    return dict(sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0])))


def sentences(found: Sequence[PassedOver]) -> Iterator[str]:
    """Yield the kinds with their number and paths in one sentence, if there are any."""
    if found:
        kinds = (f"{plain(what)} ({_named(paths)})" for what, paths in by_kind(found).items())
        total = "1 entry is not a model and was passed over"
        if len(found) > 1:
            total = f"{len(found):,} entries are not models and were passed over"
        yield f"In the folders, {total}: {'; '.join(kinds)}."


def _named(paths: Sequence[str]) -> str:
    names = ", ".join(plain(path, _LONGEST) for path in paths[:_MOST_NAMES])
    more = len(paths) - _MOST_NAMES
    return f"{names} and {more:,} more" if more > 0 else names
