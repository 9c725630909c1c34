"""The words and symbols for verdicts that all reports share.

Colour is never the only signal: each group has a symbol, and an ASCII symbol for terminals and
files without Unicode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matrix.model import Group, Verdict

KERAS_FORMATS = frozenset({"keras", "keras-h5", "keras-weights"})
"""Formats of models of which loss and training are compared too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupWord:
    """How one of the five groups of verdicts is written."""

    symbol: str
    ascii: str
    """The symbol where only ASCII is available."""
    colour: str
    """Name of one of the eight standard terminal colours."""
    label: str
    """Follows a number of cells: ``12 change silently``."""
    legend: str
    """What the symbol means in a table where each entry stands for many cells."""
    meaning: str
    """What the group means for one cell."""


GROUP_WORDS: Mapping[Group, GroupWord] = {
    Group.LOADS: GroupWord(
        symbol="✓",
        ascii="+",
        colour="green",
        label="safe",
        legend="all testable cells are safe",
        meaning="loads, and every output is the same",
    ),
    Group.LIMITED: GroupWord(
        symbol="~",
        ascii="~",
        colour="cyan",
        label="limited",
        legend="number that are limited",
        meaning="every output is the same, but repr or get_params fails",
    ),
    Group.CHANGES: GroupWord(
        symbol="≠",
        ascii="!",
        colour="yellow",
        label="change silently",
        legend="number that change silently",
        meaning="loads, but predicts differently without an error",
    ),
    Group.FAILS: GroupWord(
        symbol="✗",
        ascii="x",
        colour="red",
        label="fail",
        legend="number that fail",
        meaning="does not load, or fails when used",
    ),
    Group.UNKNOWN: GroupWord(
        symbol="·",
        ascii=".",
        colour="bright_black",
        label="unknown",
        legend="all unknown",
        meaning="not saved, not available, or not run",
    ),
}

_MEANING_WITH_TRAINING = "loads; predicts or trains differently without an error"
"""What a silent change means where the training of models is compared too."""


def group_meaning(group: Group, formats: Iterable[str] = ()) -> str:
    """Return what a group means for one cell.

    Args:
        group: of its verdict.
        formats: the formats of the result: of models of Keras, the training is compared too.
    """
    if group is Group.CHANGES and not KERAS_FORMATS.isdisjoint(formats):
        return _MEANING_WITH_TRAINING
    return GROUP_WORDS[group].meaning


MEANINGS: Mapping[Verdict, str] = {
    Verdict.IDENTICAL: "every output is bit for bit the same as before saving",
    Verdict.EQUIVALENT: "outputs differ only within the tolerance (rounding), and no label differs",
    Verdict.INTROSPECTION_FAILED: "every output is the same; only repr or get_params fails",
    Verdict.SCORES_CHANGED: "numbers differ by more than the tolerance, but no label differs",
    Verdict.LABELS_CHANGED: "at least one predicted label or cluster differs",
    Verdict.INPUT_CHANGED: (
        "the model is the same, but pandas makes another table of the same data there, "
        "and outputs differ"
    ),
    Verdict.STRUCTURE_CHANGED: (
        "shape, kind of dtype, class order, NaN pattern or sparsity differs, "
        "or an output method is missing or new"
    ),
    Verdict.UNSTABLE: "repeated loads in the same environment give different outputs",
    Verdict.LOAD_FAILED: "the file does not load",
    Verdict.USE_FAILED: "the file loads, but the model fails when used",
    Verdict.CRASHED: "the interpreter crashed",
    Verdict.TIMED_OUT: "stopped at the time or memory limit",
    Verdict.WEAK_EVIDENCE: "every output was the same, but the rows would hardly notice a change",
    Verdict.NOT_SAVED: "the pipeline could not be saved",
    Verdict.UNAVAILABLE: "the environment, the estimator or the format is not available",
    Verdict.NOT_RUN: "skipped or interrupted",
}
"""What each verdict means, in one line."""


def group_word(verdict: Verdict) -> GroupWord:
    """Return the words for the group that a verdict belongs to."""
    return GROUP_WORDS[verdict.group]


def limits(
    *,
    cells: int,
    unknown: int,
    not_run: int,
    interrupted: bool,
    rows: tuple[int, int] | None = None,
) -> tuple[str, ...]:
    """Return the sentences that state the limits of a result; every report has them.

    Args:
        cells: number of cells.
        unknown: number of cells whose verdict is in the group "unknown".
        not_run: number of cells that were not run.
        interrupted: the run ended early.
        rows: smallest and largest number of rows on which outputs that differ were compared;
            None if unknown.
    """
    notice = [
        "Safe means: these pipelines gave the same outputs on these rows, within the tolerance. "
        "Other parameters, other data and other machines may differ."
    ]
    if rows is not None:
        fewest, most = rows
        count = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
        notice.append(f"Outputs that differ were compared on {count} row{'s' * (most != 1)}.")
    if unknown:
        notice.append(f"{_of(unknown, cells)} are unknown: neither safe nor broken.")
    if not_run:
        notice.append(f"{_of(not_run, cells)} were not run.")
    if interrupted:
        notice.append("The run was interrupted: the report shows what was finished.")
    return tuple(notice)


def _of(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} cells"
