"""The rows that changed most are shown, the worst first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from matrix.judge.content import Leaf, MethodOutput
from matrix.judge.evidence import worst_rows


def output(*arrays: ArrayLike) -> MethodOutput:
    return MethodOutput("array", tuple(Leaf("", np.asarray(array)) for array in arrays))


def rows(before: ArrayLike, after: ArrayLike, most: int = 3) -> list[tuple[int, str, str]]:
    found = worst_rows(output(before), output(after), most)
    return [(change.row, change.before, change.after) for change in found]


def test_the_worst_come_first() -> None:
    assert rows([0.1, 0.2, 0.3], [0.1, 0.7, 0.4]) == [(1, "0.2", "0.7"), (2, "0.3", "0.4")]


def test_no_more_than_requested() -> None:
    assert [row for row, *_ in rows(np.zeros(9), np.arange(9.0), most=2)] == [8, 7]


def test_a_label_that_differs_is_a_change() -> None:
    assert rows(["a", "b"], ["a", "c"]) == [(1, "b", "c")]


def test_a_row_of_many_entries_shows_those_around_the_worst() -> None:
    before, after = np.zeros((1, 50)), np.zeros((1, 50))
    after[0, 30] = 1.0
    assert rows(before, after) == [(0, "[…, 0, 0, 0, 0, …]", "[…, 0, 0, 1, 0, …]")]


def test_a_value_that_went_missing_is_worse_than_any_number() -> None:
    assert rows([1.0, 2.0], [9.0, np.nan])[0] == (1, "2", "nan")


def test_missing_and_infinite_values_that_stay_are_no_change() -> None:
    same = [np.nan, np.inf, -np.inf, 1.0]
    assert rows(same, same) == []


def test_other_shapes_cannot_be_put_side_by_side() -> None:
    assert rows([[1.0, 2.0]], [1.0, 2.0]) == []
    assert rows([1, 2], [1.0, 2.5]) == []
    assert worst_rows(output([1.0]), output([2.0], [3.0])) == ()


def test_no_rows_are_no_change() -> None:
    assert rows(np.zeros((0, 3)), np.zeros((0, 3))) == []
    assert rows(np.zeros((3, 0)), np.zeros((3, 0))) == []


@given(st.lists(st.floats(), min_size=1), st.data())
def test_every_row_that_is_shown_differs(before: list[float], data: st.DataObject) -> None:
    after = [data.draw(st.sampled_from([value, 0.0])) for value in before]
    for row, *_ in rows(before, after):
        assert before[row] != after[row]
