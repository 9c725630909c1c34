"""The words and symbols for verdicts that every report shares.

A colour is never the only signal: each group has a symbol, and a second one for terminals and
files that hold plain ASCII only. Nothing here knows how a report draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matrix.model import Group, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupWord:
    """How one of the four answers is written."""

    symbol: str
    ascii: str
    """The symbol where there is only ASCII."""
    colour: str
    """One of the eight colours that every terminal has, by name."""
    verb: str
    """After a number of cells: ``12 change silently``."""
    table: str
    """What it says of many cells at once, in a legend."""
    meaning: str


GROUP_WORDS: Mapping[Group, GroupWord] = {
    Group.LOADS: GroupWord(
        symbol="✓",
        ascii="+",
        colour="green",
        verb="safe",
        table="all safe, of those that can be told",
        meaning="loads, and every output is the same",
    ),
    Group.CHANGES: GroupWord(
        symbol="≠",
        ascii="!",
        colour="yellow",
        verb="change silently",
        table="so many change silently",
        meaning="loads, and silently gives something else",
    ),
    Group.FAILS: GroupWord(
        symbol="✗",
        ascii="x",
        colour="red",
        verb="fail",
        table="so many fail",
        meaning="does not load, or fails when used",
    ),
    Group.UNKNOWN: GroupWord(
        symbol="·",
        ascii=".",
        colour="bright_black",
        verb="cannot tell",
        table="cannot tell, of any",
        meaning="not saved, not to be had there, or not run",
    ),
}

MEANINGS: Mapping[Verdict, str] = {
    Verdict.IDENTICAL: "every output is bit for bit the one before saving",
    Verdict.EQUIVALENT: "outputs differ by rounding noise only, and no label differs",
    Verdict.SCORES_CHANGED: "numbers moved beyond the tolerance, no label flipped",
    Verdict.LABELS_CHANGED: "at least one predicted label or cluster differs",
    Verdict.STRUCTURE_CHANGED: (
        "shape, kind of dtype, class order, NaN pattern or sparsity differs, "
        "or an output method came or went"
    ),
    Verdict.UNSTABLE: "repeated loads in one environment disagree with each other",
    Verdict.LOAD_FAILED: "the file does not load",
    Verdict.USE_FAILED: "it loads, then fails when used",
    Verdict.CRASHED: "the interpreter died",
    Verdict.TIMED_OUT: "it was stopped: time or memory",
    Verdict.NOT_SAVED: "the writer could not save it",
    Verdict.UNAVAILABLE: "the environment, the estimator or the format is not to be had there",
    Verdict.NOT_RUN: "left out or interrupted",
}
"""One line for each verdict."""


def group_word(verdict: Verdict) -> GroupWord:
    """The word of the group that a verdict belongs to."""
    return GROUP_WORDS[verdict.group]


def limits(
    *,
    cells: int,
    unknown: int,
    not_run: int,
    interrupted: bool,
    rows: tuple[int, int] | None = None,
) -> tuple[str, ...]:
    """What a result does not say: a notice that stands in every report.

    Args:
        cells, unknown, not_run: how many there are.
        interrupted: the run did not come to its end.
        rows: on how many rows outputs were compared, at least and at most; None if not known.
    """
    notice = [
        "Safe means: these pipelines, on these rows, gave the same outputs within the tolerance. "
        "Other parameters, other data and other machines may differ."
    ]
    if rows is not None:
        fewest, most = rows
        some = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
        notice.append(f"Outputs that differ were compared on {some} row{'s' * (most != 1)}.")
    if unknown:
        notice.append(f"{_of(unknown, cells)} cannot be told: they are neither safe nor broken.")
    if not_run:
        notice.append(f"{_of(not_run, cells)} were not run.")
    if interrupted:
        notice.append("The run was interrupted: this is what was finished.")
    return tuple(notice)


def _of(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} cells"
