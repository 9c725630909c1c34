"""Which neighbors may differ where the distances are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matrix.model import Verdict

from .conftest import Bench

DISTANCES = np.tile([0.0, 1.0, 1.0, 2.0], (10, 1))
INDICES = np.arange(40).reshape(10, 4)


def judged(bench: Bench, after: Any, distances: Any = DISTANCES, before: Any = INDICES) -> Any:
    cell = bench.judge(
        {"kneighbors": (distances, before)},
        {"kneighbors": (distances * (1 + 1e-15), after)},
    )
    return cell.verdict, cell.outputs["kneighbors"]


def test_neighbors_at_one_distance_may_come_in_any_order(bench: Bench) -> None:
    verdict, _ = judged(bench, INDICES[:, [0, 2, 1, 3]])
    assert verdict is Verdict.EQUIVALENT


def test_another_neighbor_before_the_last_distance_is_a_change(bench: Bench) -> None:
    other = INDICES.copy()
    other[3, 1] = 99
    verdict, output = judged(bench, other)
    assert (verdict, output.n_changed, output.n) == (Verdict.SCORES_CHANGED, 1, 10)


def test_which_of_those_at_the_last_distance_come_may_differ_in_some_rows(bench: Bench) -> None:
    other = INDICES.copy()
    other[3, 3] = 99
    verdict, output = judged(bench, other)
    assert verdict is Verdict.EQUIVALENT
    assert "in 1 of 10 rows" in output.note


@pytest.mark.parametrize("k", [1, 4])
def test_other_neighbors_in_most_rows_are_a_change_whatever_the_distances(
    bench: Bench, k: int
) -> None:
    verdict, output = judged(bench, INDICES[:, -k:] + 100, DISTANCES[:, -k:], INDICES[:, -k:])
    assert (verdict, output.n_changed) == (Verdict.SCORES_CHANGED, 10)


def test_a_nearer_neighbor_that_another_one_replaces_is_a_change_even_if_both_come(
    bench: Bench,
) -> None:
    """The set of all neighbors is the same, that of the nearer ones is not."""
    verdict, _ = judged(bench, INDICES[:, [3, 1, 2, 0]])
    assert verdict is Verdict.SCORES_CHANGED


def test_neighbors_at_other_distances_are_a_change(bench: Bench) -> None:
    cell = bench.judge(
        {"kneighbors": (DISTANCES, INDICES)}, {"kneighbors": (DISTANCES + 1, INDICES)}
    )
    assert cell.verdict is Verdict.SCORES_CHANGED


def test_no_neighbors_at_all_are_no_change(bench: Bench) -> None:
    empty = np.zeros((0, 4))
    verdict, _ = judged(bench, empty.astype(np.int32), empty, empty.astype(np.int64))
    assert verdict is Verdict.EQUIVALENT
