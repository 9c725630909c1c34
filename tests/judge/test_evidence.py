"""The rows that changed most are shown, the worst first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from matrix.judge.content import Leaf, MethodOutput, read
from matrix.judge.evidence import row_text, with_inputs, worst_rows
from matrix.model import RowChange


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


FRAME = pd.DataFrame(
    {
        "age": [31, 40],
        "city": ["Oslo", "Ærø"],
        "mixed": ["a", 2.5],
        "gone": [np.nan, "b"],
        "share": [0.123456789, np.nan],
        "plan": pd.Categorical(["x", None]),
    }
)


@pytest.mark.parametrize(
    ("rows", "row", "text"),
    [
        (FRAME, 0, "age 31, city Oslo, mixed a, gone nan, share 0.123457, plan x"),
        (FRAME, 1, "age 40, city Ærø, mixed 2.5, gone b, share nan, plan <missing>"),
        (np.array([[1.5, -2.0], [3.0, 4.0]]), 1, "3, 4"),
        (["free  prize\nnow", "lunch"], 0, "free prize now"),
        (sp.csr_matrix(np.eye(20)), 3, "[3] 1"),
        (np.arange(24.0).reshape(2, 12), 1, "[0] 12, [1] 13, [2] 14, [3] 15, [4] 16, [5] 17, "
         "[6] 18, [7] 19, …"),
        (np.zeros((2, 2)), 5, ""),
    ],
    ids=["table", "its second row", "array", "texts", "sparse", "wide", "no such row"],
)  # fmt: skip
def test_the_inputs_of_a_row_are_shown(encode: Any, rows: Any, row: int, text: str) -> None:
    assert row_text(read(encode(rows)), row) == text


def test_a_long_text_is_cut(encode: Any) -> None:
    text = row_text(read(encode(["word " * 50])), 0)
    assert len(text) == 80
    assert text.endswith("…")


def test_changes_have_the_true_answer_where_it_is_known() -> None:
    changes = [RowChange(row=row, before="1", after="2") for row in (0, 1)]
    first, second = with_inputs(changes, output([[1.0], [2.0]]), output(["spam"]))
    assert (first.inputs, first.truth, first.change) == ("1", "spam", "1 → 2 (true: spam)")
    assert (second.inputs, second.truth, second.change) == ("2", "", "1 → 2")
