"""Contents: the worker's half and the orchestrator's say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from matrix.judge import content as ours
from matrix.judge.compare import compare
from matrix.model import Tolerance, Verdict

plain_arrays = arrays.arrays(
    dtype=st.one_of(
        arrays.floating_dtypes(sizes=(32, 64)),
        arrays.integer_dtypes(),
        arrays.boolean_dtypes(),
        arrays.unicode_string_dtypes(max_len=5),
    ),
    shape=arrays.array_shapes(min_dims=0, min_side=0, max_side=4),
)


@given(array=plain_arrays)
def test_an_array_comes_back_bit_for_bit(encode: Callable[[Any], bytes], array: Any) -> None:
    found = ours.read(encode(array)).leaves[0].array
    assert found.shape == array.shape
    assert found.astype(array.dtype).tobytes() == array.tobytes()


@given(array=plain_arrays)
def test_the_worker_reads_its_own_contents(encode: Callable[[Any], bytes], array: Any) -> None:
    from compat_worker import content as theirs

    assert encode(theirs.decode(encode(array))) == encode(array)


def test_the_order_in_memory_is_no_difference(encode: Callable[[Any], bytes]) -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert encode(array) == encode(np.asfortranarray(array))


def test_negative_zero_is_a_difference_of_bits(encode: Callable[[Any], bytes]) -> None:
    assert encode(np.array([0.0])) != encode(np.array([-0.0]))


@given(before=plain_arrays, after=plain_arrays)
def test_any_two_outputs_can_be_compared(
    encode: Callable[[Any], bytes], before: Any, after: Any
) -> None:
    left, right = ours.read(encode(before)), ours.read(encode(after))
    found = compare("predict", left, right, Tolerance())
    assert found.n_changed <= found.n
    if encode(before) == encode(after):
        assert found.verdict is Verdict.EQUIVALENT


VALUES = [
    (np.array(["a", None, True], dtype=object), 1),
    (np.array(["a", None, 1.5], dtype=object), 2),
    ([np.zeros((2, 2)), np.ones((2, 3))], 2),
    ((np.zeros(2), np.arange(2)), 2),
    (["one", "two"], 1),
    ({"b": np.zeros(1), "a": np.ones(1)}, 3),
    (np.zeros(2, dtype=[("a", "f8"), ("b", "i4")]), 3),
    (np.ma.MaskedArray([1.0, 2.0], mask=[0, 1]), 2),
    (3, 1),
    (None, 1),
    (np.array([np.zeros(2), np.zeros(3)], dtype=object), 1),
    (object(), 1),
]


@pytest.mark.parametrize(("value", "leaves"), VALUES)
def test_every_kind_of_value_has_its_leaves(
    encode: Callable[[Any], bytes], value: Any, leaves: int
) -> None:
    assert len(ours.read(encode(value)).leaves) == leaves


def test_a_frame_has_names_and_columns(encode: Callable[[Any], bytes]) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"n": [1.0, 2.0], "c": pandas.Categorical(["x", None])})
    found = ours.read(encode(frame))
    assert found.form == "DataFrame"
    assert [leaf.array.tolist() for leaf in found.leaves] == [
        ["n", "c"],
        [1.0, 2.0],
        ["x", "<missing>"],
    ]


@given(garbage=st.binary(max_size=200))
def test_what_is_no_content_is_refused(garbage: bytes) -> None:
    if b"\n" not in garbage:
        with pytest.raises(ValueError, match="no outline"):
            ours.read(garbage)


@given(array=plain_arrays, cut=st.integers(1, 20))
def test_a_content_cut_short_is_refused(
    encode: Callable[[Any], bytes], array: Any, cut: int
) -> None:
    whole = encode(array)
    if array.nbytes >= cut:
        with pytest.raises(ValueError, match="cut short"):
            ours.read(whole[:-cut])


# ------------------------------------------------------------- values that must not look the same

STRUCTURED = [(1, 2.0), (3, 4.0)]
DIFFERENT: dict[str, tuple[Any, Any]] = {
    "a character of code 0 at the end": (["a\0", "b"], ["a", "b"]),
    "two such characters": (["a\0\0"], ["a\0"]),
    "the mark of such an end": (["a\0"], ["a\0\ue000"]),
    "in an array": (np.array(["a\0"], dtype=object), np.array(["a"], dtype=object)),
    "names of fields": (
        np.array(STRUCTURED, dtype=[("a", "i4"), ("b", "f8")]),
        np.array(STRUCTURED, dtype=[("a", "i4"), ("c", "f8")]),
    ),
    "values of fields": (
        np.array(STRUCTURED, dtype=[("a", "i4"), ("b", "f8")]),
        np.array([(1, 2.0), (3, 4.1)], dtype=[("a", "i4"), ("b", "f8")]),
    ),
    "what is masked": (
        np.ma.MaskedArray([1.0, 2.0], mask=[0, 1]),
        np.ma.MaskedArray([1.0, 2.0], mask=[0, 0]),
    ),
    "masked and not": (np.ma.MaskedArray([1.0], mask=[0]), np.array([1.0])),
    "keys": ({"a": np.ones(2)}, {"b": np.ones(2)}),
    "types of keys": ({1: np.ones(2)}, {"1": np.ones(2)}),
    "a number in a table of texts": (
        np.array([["a", 1.0]], dtype=object),
        np.array([["a", 1.1]], dtype=object),
    ),
    "a missing number in a table of texts": (
        np.array([["a", np.nan]], dtype=object),
        np.array([["a", 0.0]], dtype=object),
    ),
    "a text that looks like a missing number": (
        np.array(["nan", 1.0], dtype=object),
        np.array([np.nan, 1.0], dtype=object),
    ),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_values_that_differ_are_told_apart(encode: Callable[[Any], bytes], what: str) -> None:
    before, after = (ours.read(encode(one)) for one in DIFFERENT[what])
    assert not compare("transform", before, after, Tolerance()).verdict.safe


SAME: dict[str, tuple[Any, Any]] = {
    "rounding in a table of texts": (
        np.array([["a", 0.1 + 0.2], ["b", np.nan]], dtype=object),
        np.array([["a", 0.3], ["b", np.nan]], dtype=object),
    ),
    "a missing time": (
        np.array(["NaT", "2024-01-01"], dtype="M8[ns]"),
        np.array(["NaT", "2024-01-01"], dtype="M8[us]"),
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_values_that_are_the_same_are_no_change(encode: Callable[[Any], bytes], what: str) -> None:
    before, after = (ours.read(encode(one)) for one in SAME[what])
    assert compare("transform", before, after, Tolerance()).verdict is Verdict.EQUIVALENT


def test_tables_and_columns_that_differ_are_told_apart(encode: Callable[[Any], bytes]) -> None:
    pandas = pytest.importorskip("pandas")
    category, frame, series = pandas.Categorical, pandas.DataFrame, pandas.Series
    names = ["<missing>", "y"]
    days = pandas.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("UTC")
    pairs = [
        (category(["<missing>", "y"]), category([None, "y"], categories=names)),
        (category([1, 2]), category(["1", "2"])),
        (days, days[::-1]),
    ]
    tables = [(frame({"c": one}), frame({"c": other})) for one, other in pairs]
    tables += [
        (series([1.0, 2.0]), series([1.0, 2.0], index=[1, 0])),
        (frame({"c": [1.0]}), frame({"c": [1.0]}, index=pandas.RangeIndex(5, 6))),
        (series([1.0], name="a"), series([1.0], name="b")),
    ]
    for one, other in tables:
        before, after = ours.read(encode(one)), ours.read(encode(other))
        assert not compare("transform", before, after, Tolerance()).verdict.safe


def test_what_rows_may_hold_is_read_again_by_the_worker(encode: Callable[[Any], bytes]) -> None:
    pandas = pytest.importorskip("pandas")
    from compat_worker import content as theirs

    for value in (
        np.array(STRUCTURED, dtype=[("a", "i4"), ("b", "f8")]),
        np.ma.MaskedArray([1.0, 2.0], mask=[0, 1]),
        [{"a": 1.0, 2: "b"}, {}],
        pandas.Series([1.0, 2.0], index=[4, 3]),
        np.array([pandas.Timestamp("2024-01-01", tz="UTC")], dtype=object),
    ):
        data = encode(value)
        assert theirs.is_complete(data)
        assert encode(theirs.decode(data)) == data
