"""Counting: all counts add up, and memory does not grow with the cells."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace

from made_up import (
    binary_scores,
    changed,
    environment,
    failed,
    made_up_matrix,
    pipeline,
    small_matrix,
)

from matrix.model import Cell, Group, RegressorScores, Verdict
from matrix.report.summary import score_loss, summarize
from matrix.report.verdict_grids import VERDICTS
from matrix.report.verdict_words import GROUP_WORDS, MEANINGS, limits

CELL = Cell(pipeline="p", format="joblib", writer="w", reader="r", verdict=Verdict.IDENTICAL)


def test_all_counts_add_up_to_the_cells() -> None:
    """By verdict, by group, by pair, by reason."""
    matrix = made_up_matrix()
    summary = summarize(matrix)
    assert summary.verdicts == Counter(cell.verdict for cell in matrix.cells) == matrix.counts
    assert sum(summary.groups.values()) == summary.total == sum(1 for _ in matrix.cells)
    assert sum(map(sum, summary.pairs.values())) == summary.total
    by_verdict = [sum(counts) for counts in zip(*summary.pairs.values(), strict=True)]
    assert by_verdict == [summary.verdicts[verdict] for verdict in VERDICTS]
    for found, group in ((summary.failures, Group.FAILS), (summary.unknown, Group.UNKNOWN)):
        assert sum(cause.cells for cause in found.values()) == summary.groups[group]
    assert sum(c.cells for c in summary.changes.values()) == summary.groups[Group.CHANGES]


def test_messages_beyond_a_limit_are_counted_together() -> None:
    """Of 2,999 different messages 1,000 are counted separately, and none is lost."""
    cells = [failed(CELL, Verdict.LOAD_FAILED, "load", "E", "x" * i) for i in range(1, 3000)]
    summary = summarize(replace(small_matrix(), cells=cells))
    assert len(summary.failures) == 1001
    assert sum(cause.cells for cause in summary.failures.values()) == 2999


def test_a_message_is_shown_as_raised_if_it_is_always_the_same() -> None:
    """Folding takes away what differs, and only that."""
    same = [failed(CELL, Verdict.LOAD_FAILED, "load", "E", "protocol: 5")] * 2
    other = failed(CELL, Verdict.LOAD_FAILED, "load", "E", "protocol: 4")
    [cause] = summarize(replace(small_matrix(), cells=same)).failures.values()
    assert cause.message == "protocol: 5"
    [cause] = summarize(replace(small_matrix(), cells=[*same, other])).failures.values()
    assert (cause.message, cause.cells) == ("protocol: N", 3)


def test_the_worst_silent_change_comes_first() -> None:
    """A lost class before flipped labels, these before numbers, many rows before few."""
    numbers = changed(replace(CELL, pipeline="d"), Verdict.SCORES_CHANGED, "predict_proba", 9e9, 9)
    few = changed(replace(CELL, pipeline="c"), Verdict.LABELS_CHANGED, "predict", 1.0, 1)
    many = changed(replace(CELL, pipeline="b"), Verdict.LABELS_CHANGED, "predict", 1.0, 50)
    lost = changed(replace(CELL, pipeline="a"), Verdict.LABELS_CHANGED, "predict", 1.0, 2)
    lost = replace(lost, before=binary_scores(0.9), after=binary_scores(0.1))
    summary = summarize(replace(small_matrix(), cells=[numbers, few, many, lost]))
    assert [change.pipeline for change in summary.worst_changes()] == ["a", "b", "c", "d"]


def test_of_the_same_change_the_worst_cell_is_kept() -> None:
    """Wherever it comes; the others are counted."""
    cells = [
        changed(replace(CELL, reader=f"r{rows}"), Verdict.LABELS_CHANGED, "predict", 1.0, rows)
        for rows in (3, 50, 7)
    ]
    [change] = summarize(replace(small_matrix(), cells=cells)).changes.values()
    assert change.cells == 3
    assert change.worst is cells[1]


def test_changes_that_came_with_a_warning_are_counted() -> None:
    """They are not entirely silent."""
    silent = changed(CELL, Verdict.SCORES_CHANGED, "predict_proba", 1.0, 3)
    cells = [silent, silent, replace(silent, silent=False)]
    assert summarize(replace(small_matrix(), cells=cells)).warned == 1


def test_what_is_lost_is_the_largest_fall() -> None:
    """Of a recall, at 98 % accuracy; of R², and a score that is no number any more."""
    fell = replace(CELL, before=binary_scores(0.9), after=binary_scores(0.1))
    assert round(score_loss(fell), 3) == 0.8
    good = RegressorScores(r2=0.5, mean_absolute_error=1.0, max_error=2.0)
    assert score_loss(replace(CELL, before=good, after=replace(good, r2=0.3))) == 0.2
    assert score_loss(replace(CELL, before=good, after=replace(good, r2=float("nan")))) == 1.0
    assert score_loss(CELL) == 0.0


def test_memory_does_not_grow_with_the_cells() -> None:
    """Ten times the formats of the same pair: a byte a cell, and nothing else.

    Threads of the test runner are traced too: the smallest of three peaks is the summary's own.
    """

    def peak(formats: int) -> int:
        return min(traced(formats) for _ in range(3))

    def traced(formats: int) -> int:
        here = [environment(f"1.{i}", f"1.{i}.0") for i in range(10)]
        matrix = made_up_matrix(names=["ridge"])
        bare = replace(matrix.cells, environments=here)  # type: ignore[type-var]
        many = [pipeline("random_forest", tuple(f"f{i}" for i in range(formats)))]
        made = replace(matrix, environments=tuple(here), cells=replace(bare, pipelines=many))
        tracemalloc.start()
        summarize(made)
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(100) < peak(10) + 90 * 100 * 10


def test_every_verdict_and_group_has_words() -> None:
    """Symbols are unique, in Unicode and ASCII, so colour is never the only signal."""
    assert set(MEANINGS) == set(Verdict)
    assert set(GROUP_WORDS) == set(Group)
    assert len({word.symbol for word in GROUP_WORDS.values()}) == len(Group)
    assert len({word.ascii for word in GROUP_WORDS.values()}) == len(Group)
    assert all(word.ascii.isascii() for word in GROUP_WORDS.values())


def test_limits_say_what_was_not_done() -> None:
    """And stay short where there is nothing to say."""
    assert len(limits(cells=9, unknown=0, not_run=0, interrupted=False)) == 1
    said = " ".join(limits(cells=9, unknown=3, not_run=2, interrupted=True))
    assert "3 of 9 cells are unknown" in said
    assert "2 of 9 cells were not run" in said
    assert "interrupted" in said
