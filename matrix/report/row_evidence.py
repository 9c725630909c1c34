"""How much the rows of reference pipelines would notice, in words, for all reports."""

from __future__ import annotations

from collections.abc import Iterator

from matrix.model import Evidence, Matrix
from matrix.safe_text import plain

_MOST_NAMES = 8
"""Most pipelines that are named; the rest is counted."""

_SOURCES = {
    "declared": "declared",
    "model": "where the fitted model decides",
    "data": "given",
    "random": "at random",
}


def sentences(matrix: Matrix) -> Iterator[str]:
    """Yield what the rows of the pipelines notice, the weakest named first, if it was measured."""
    measured = {name: one for name, one in matrix.evidence.items() if one.faults or one.constant}
    without = sorted(matrix.evidence.keys() - measured.keys())
    if without:
        names = ", ".join(map(plain, without[:_MOST_NAMES]))
        more = len(without) - _MOST_NAMES
        names += f" and {more:,} more" if more > 0 else ""
        yield f"No fault could be planted in {names}: what their rows would notice is unknown."
    if not measured:
        return
    lesser = {name: one for name, one in measured.items() if not one.strong}
    strong = len(measured) - len(lesser)
    text = (
        f"The rows of {strong:,} of {len(measured):,} pipelines notice at least 90 % of small "
        "faults planted in the model"
    )
    yield f"{text}; {_fewer(lesser)}." if lesser else f"{text}."


def _fewer(lesser: dict[str, Evidence]) -> str:
    names = sorted(lesser, key=lambda name: (lesser[name].mutation_score or 0.0, name))
    shown = ", ".join(f"{plain(name)} {share(lesser[name])}" for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"fewer: {shown} and {more:,} more" if more > 0 else f"fewer: {shown}"


def share(found: Evidence) -> str:
    """Return ``88 % (49 of 56)``, or why there is no such share."""
    if found.mutation_score is None:
        if found.constant:
            return "(every output is constant)"
        return "(no fault to notice)" if found.faults else "(no fault could be planted)"
    weak = ", too few to tell" if found.weak else ""
    return f"{int(100 * found.mutation_score)} % ({found.noticed:,} of {found.live:,}{weak})"


def rows(found: Evidence) -> str:
    """Return ``523 rows: 123 declared, 400 where the fitted model decides``."""
    kinds = [f"{n:,} {_SOURCES.get(one, one)}" for one, n in found.by_source.items() if n]
    return f"{found.rows:,} row{'s' * (found.rows != 1)}: {', '.join(kinds)}"


def described(found: Evidence) -> str:
    """Return the rows of a pipeline and what they notice, in two sentences."""
    if found.mutation_score is None:
        if not found.faults:
            return f"{rows(found)}. No fault could be planted, so what they notice is unknown."
        return f"{rows(found)}. No planted fault changes an output."
    return f"{rows(found)}. They notice {share(found)} of the small faults planted in the model."
