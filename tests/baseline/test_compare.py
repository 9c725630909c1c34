"""A result against what was known: five counts, and which of them stop a gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from made_up import small_matrix

from matrix import baseline as baselines
from matrix.baseline.baseline import Baseline
from matrix.baseline.compare import status
from matrix.model import Acceptance, Cell, Comparison, Matrix, Shard, Status, Verdict

TODAY = date(2026, 11, 21)


def cell(name: str, verdict: Verdict, writer: str = "sklearn-1.2") -> Cell:
    return Cell(
        pipeline=name, format="joblib", writer=writer, reader="sklearn-1.3", verdict=verdict
    )


def result(*cells: Cell) -> Matrix:
    return replace(small_matrix(), cells=cells)


def against(
    before: Sequence[Cell], now: Matrix, *acceptances: Acceptance, today: date = TODAY
) -> Comparison:
    known = baselines.of_matrix(result(*before), "before.toml")
    return baselines.compare(replace(known, acceptances=acceptances), now, today)


def accept(**said: str) -> Acceptance:
    return Acceptance(reason="#12", until=TODAY, **said)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (None, "identical", None),
        (None, "load-failed", "new"),
        (None, "unavailable", "new"),
        ("load-failed", "equivalent", "fixed"),
        ("unavailable", "identical", "fixed"),
        ("scores-changed", "labels-changed", "worse"),
        ("load-failed", "scores-changed", "worse"),
        ("load-failed", "use-failed", "still"),
        ("labels-changed", "labels-changed", "still"),
        (None, "introspection-failed", "new"),
        ("introspection-failed", "identical", "fixed"),
        ("introspection-failed", "scores-changed", "worse"),
        ("introspection-failed", "use-failed", "worse"),
        ("use-failed", "introspection-failed", "still"),
        ("load-failed", "unavailable", "gone"),
        ("unavailable", "not-saved", "still"),
        (None, "not-run", None),
        ("load-failed", "not-run", None),
        ("unavailable", "scores-changed", "new"),
    ],
)
def test_what_a_cell_is_by_what_was_known_of_it(
    was: str | None, now: str, expected: str | None
) -> None:
    """Unknown is never green: a cell that has become unknown is not fixed, and one that
    was safe is new."""
    found = status(None if was is None else Verdict(was), Verdict(now))
    assert found == (None if expected is None else Status(expected))


def test_only_new_and_worse_fail() -> None:
    assert {one for one in Status if one.fails} == {Status.NEW, Status.WORSE}


def test_a_result_against_itself_is_still_as_it_was() -> None:
    matrix = small_matrix()
    found = baselines.compare(baselines.of_matrix(matrix, "x"), matrix, TODAY)
    unsafe = sum(not one.verdict.safe for one in matrix.cells)
    assert found.counts == {**dict.fromkeys(Status, 0), Status.STILL: unsafe}
    assert found.changes == ()
    assert not found.fails


def test_cells_that_became_the_same_are_reported_together() -> None:
    found = against(
        [],
        result(
            cell("ridge", Verdict.LOAD_FAILED),
            cell("ridge", Verdict.LOAD_FAILED, "sklearn-1.1"),
        ),
    )
    (change,) = found.changes
    assert (change.status, change.cells, change.was) == (Status.NEW, 2, None)
    assert change.blocks[0].writers == ("sklearn-1.1", "sklearn-1.2")
    assert found.counts[Status.NEW] == 2
    assert found.fails


def test_what_is_not_there_is_gone_where_all_was_run() -> None:
    before = [cell("ridge", Verdict.LOAD_FAILED)]
    assert against(before, result()).counts[Status.GONE] == 1


@pytest.mark.parametrize(
    "part",
    [
        {"whole": False},
        {"shard": Shard(index=1, count=2)},
        {"interrupted": True},
        {"cells": [cell("svc", Verdict.NOT_RUN)]},
    ],
)
def test_of_a_part_nothing_is_gone_for_not_being_there(part: dict[str, object]) -> None:
    before = [cell("ridge", Verdict.LOAD_FAILED)]
    found = against(before, replace(result(), **part), accept(pipelines="lasso"))
    assert not found.full
    assert found.counts[Status.GONE] == 0
    assert found.stale == ()


def test_an_acceptance_covers_what_would_be_new_or_worse() -> None:
    now = result(cell("mlp_a", Verdict.LOAD_FAILED), cell("ridge", Verdict.LOAD_FAILED))
    found = against([cell("mlp_a", Verdict.SCORES_CHANGED)], now, accept(pipelines="mlp_*"))
    assert found.counts[Status.STILL] == 1
    assert [change.pipeline for change in found.changes] == ["ridge"]
    assert found.stale == found.expired == ()


def test_environments_are_accepted_by_their_name_in_the_file_too() -> None:
    now = result(cell("ridge", Verdict.LOAD_FAILED))
    for writer in ("sklearn-1.2", "1.2", "1.*"):
        assert not against([], now, accept(writers=writer)).fails
    assert against([], now, accept(writers="1.3")).fails


def test_an_acceptance_ends_after_its_last_day() -> None:
    now = result(cell("ridge", Verdict.LOAD_FAILED))
    over = accept(pipelines="ridge")
    assert not against([], now, over, today=TODAY).fails
    late = against([], now, over, today=date(2026, 11, 22))
    assert late.fails
    assert late.expired == (over,)
    assert late.stale == ()


def test_an_expired_acceptance_of_something_else_is_reported_by_full_runs_only() -> None:
    other = replace(accept(pipelines="lasso"), until=date(2020, 1, 1))
    assert against([], result(), other).expired == (other,)
    assert against([], replace(result(), whole=False), other).expired == ()


def test_an_acceptance_that_covers_nothing_is_stale() -> None:
    idle = accept(pipelines="ridge")
    assert against([], result(cell("ridge", Verdict.IDENTICAL)), idle).stale == (idle,)


def test_an_update_keeps_acceptances_and_leaves_to_them_what_they_cover() -> None:
    mine = accept(pipelines="mlp_*")
    old = Baseline(source="b", verdicts={}, acceptances=(mine,))
    now = result(cell("mlp_a", Verdict.LOAD_FAILED), cell("ridge", Verdict.LOAD_FAILED))
    new = baselines.updated(old, now, "b", TODAY)
    assert new.acceptances == (mine,)
    assert [place[0] for place in new.verdicts] == ["ridge"]


def test_an_update_from_a_part_keeps_the_rest() -> None:
    old = baselines.of_matrix(
        result(cell("ridge", Verdict.LOAD_FAILED), cell("lasso", Verdict.LOAD_FAILED)), "b"
    )
    now = result(cell("ridge", Verdict.IDENTICAL))
    part = baselines.updated(old, replace(now, whole=False), "b", TODAY)
    assert [place[0] for place in part.verdicts] == ["lasso"]
    assert not baselines.updated(old, now, "b", TODAY).verdicts
