"""The codec: every data type comes back the same, and text is what the standard library writes."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matrix.model import (
    Acceptance,
    Cell,
    CellChange,
    Comparison,
    Detection,
    Environment,
    Explanation,
    Lock,
    Matrix,
    ModelAnswer,
    OutputDifference,
    Pipeline,
    Shard,
    Verdict,
)
from matrix.model.codec import (
    READ_ERRORS,
    decode,
    encode,
    from_json,
    head_to_json,
    matrix_from_head,
    to_json,
)
from tests.strategies import (
    ACCEPTANCE,
    ANSWERS,
    CELLS,
    CHANGES,
    COMPARISONS,
    MATRICES,
    PIPELINES,
    SHARDS,
    STORIES,
    environments,
)

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
VALUES: dict[type, st.SearchStrategy[Any]] = {
    Cell: CELLS,
    Environment: environments(),
    Lock: environments().map(lambda found: found.lock).filter(lambda lock: lock is not None),
    Pipeline: PIPELINES,
    ModelAnswer: ANSWERS,
    Acceptance: ACCEPTANCE,
    CellChange: CHANGES,
    Comparison: COMPARISONS,
    Explanation: STORIES,
    Shard: SHARDS,
}
CELL = Cell(pipeline="p", format="joblib", writer="w", reader="r", verdict=Verdict.IDENTICAL)
EXACT = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


@SLOW
@given(st.data(), st.sampled_from(list(VALUES)))
def test_a_data_type_comes_back_the_same_and_leaves_out_what_it_does_not_know(
    data: st.DataObject, cls: type
) -> None:
    """A later version may write more fields."""
    value = data.draw(VALUES[cls])
    written = to_json(value)
    back = from_json(decode(encode({**written, "a field to come": 1})), cls)
    assert repr(back) == repr(value)  # NaN is not equal to itself
    assert type(back) is cls


@SLOW
@given(MATRICES)
def test_the_head_of_a_matrix_comes_back_the_same(matrix: Matrix) -> None:
    back = matrix_from_head(decode(encode(head_to_json(matrix))), matrix.cells)
    assert repr(back) == repr(matrix)


@SLOW
@given(st.data(), st.sampled_from(list(VALUES)))
def test_text_is_what_the_standard_library_writes(data: st.DataObject, cls: type) -> None:
    """Byte for byte: numbers with exponents, other scripts, halves of surrogate pairs."""
    written = to_json(data.draw(VALUES[cls]))
    assert encode(written) == EXACT(written)
    assert encode(written).isascii()


@given(st.floats())
@example(1e-05)
@example(1e16)
@example(-1e-05)
@example(5e-324)
@example(0.0001)
@example(-0.0)
def test_any_number_is_spelled_as_the_standard_library_does(number: float) -> None:
    output = OutputDifference(verdict=Verdict.SCORES_CHANGED, max_abs=number)
    written = to_json(output)
    assert encode(written) == EXACT(written)
    assert repr(from_json(decode(encode(written)), OutputDifference)) == repr(output)


JSON_WITHOUT_FLOATS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON_WITHOUT_FLOATS)
@example("\ud800")
@example("\x7f")
@example(10**40)
def test_any_json_is_written_and_read_as_by_the_standard_library(value: Any) -> None:
    assert encode(value) == EXACT(value)
    assert decode(EXACT(value)) == value


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Cell) if field.name not in ("warnings",)]
)
def test_a_missing_field_is_an_error_that_names_it(name: str) -> None:
    """Whether the data type has a default for it or not."""
    written = to_json(CELL)
    del written[name]
    with pytest.raises(KeyError, match=name):
        from_json(written, Cell)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("writer", 5),
        ("silent", 0),
        ("n_identical", "3"),
        ("n_identical", True),
        ("verdict", "fine"),
        ("verdict", ["identical"]),
        ("outputs", []),
        ("exception", {"type": "E"}),
        ("warning_details", [{"category": 1, "message": "m", "stage": "load"}]),
        ("before", {"kind": "regressor", "r2": "high"}),
    ],
)
def test_a_value_of_another_type_is_an_error(name: str, value: Any) -> None:
    with pytest.raises(READ_ERRORS):
        from_json({**to_json(CELL), name: value}, Cell)


def test_enums_come_back_as_members() -> None:
    """Ours are strings too, so that equality would not show it."""
    assert type(from_json(to_json(CELL), Cell).verdict) is Verdict
    assert type(from_json("missed", Detection)) is Detection


def test_a_lock_has_one_shape() -> None:
    """In the result, the records, the requests and the kept resolutions."""
    names = {"python", "implementation", "interpreter", "pins", "as_of"}

    @given(environments().filter(lambda found: found.lock is not None))
    @SLOW
    def check(environment: Environment) -> None:
        assert to_json(environment.lock).keys() == names
        assert to_json(environment)["lock"] == to_json(environment.lock)

    check()
