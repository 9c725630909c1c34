"""The reported step is the innermost one whose output differs for equal input."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from compat_worker.content import encode

from matrix.diagnosis.divergence import first_divergence
from matrix.diagnosis.trace_data import Attribute, Trace, TracedCall, TracedPart, TracedValue
from matrix.model import Absent, Failure, Outcome, Returned, Tolerance, Verdict

KEPT: dict[str, bytes] = {}

ROWS = np.arange(12.0).reshape(6, 2)

MODEL = TracedPart(path=(), kind="sklearn.pipeline.Pipeline", attributes={})
PREP = TracedPart(path=("prep",), kind="sklearn.compose._column.ColumnTransformer", attributes={})
SCALE = TracedPart(
    path=("prep", "scale"), kind="sklearn.preprocessing._data.StandardScaler", attributes={}
)
CLF = TracedPart(
    path=("clf",), kind="sklearn.svm._classes.SVC", attributes={"C": Attribute(type="float")}
)
BROKEN = Failure(type="AttributeError", message="'SVC' object has no attribute 'gone_'")


def value(held: Any, *, kept: bool = True) -> TracedValue:
    data = encode(held)
    digest = hashlib.sha256(data).hexdigest()
    if kept:
        KEPT[digest] = data
    return TracedValue(digest=digest, kept=kept)


def call(part: TracedPart, method: str, given: Any, ended: Any, depth: int = 0) -> TracedCall:
    end = ended if isinstance(ended, Failure | TracedValue) else value(ended)
    start = given if isinstance(given, TracedValue) else value(given)
    return TracedCall(part=part, method=method, depth=depth, given=start, ended=end)


def trace(*calls: TracedCall, outcome: Outcome | None = None) -> Trace:
    if outcome is None and calls:
        end = calls[-1].ended
        outcome = end if isinstance(end, Failure) else Returned(digest=end.digest)
    parts = (MODEL, PREP, SCALE, CLF)
    return Trace(method="predict", parts=parts, calls=calls, outcome=outcome, untraced=outcome)


def pipeline(scaled: Any, prepared: Any, predicted: Any) -> Trace:
    """A pipeline whose steps return these."""
    return trace(
        call(SCALE, "transform", ROWS, scaled, 2),
        call(PREP, "transform", ROWS, prepared, 1),
        call(CLF, "predict", prepared, predicted, 1),
        call(MODEL, "predict", ROWS, predicted),
    )


def found(writer: Trace, reader: Trace) -> Any:
    return first_divergence(writer, reader, KEPT.__getitem__, lambda method: Tolerance())


BEFORE = pipeline(ROWS / 2, ROWS / 2, np.zeros(6, int))


def test_two_that_do_the_same_have_no_first_difference() -> None:
    assert found(BEFORE, BEFORE) is None


def test_the_innermost_step_is_named_and_not_what_it_is_inside_of() -> None:
    seen = found(BEFORE, pipeline(ROWS / 3, ROWS / 3, np.ones(6, int)))
    assert (seen.path, seen.method) == (("prep", "scale"), "transform")
    assert seen.difference.verdict is Verdict.SCORES_CHANGED
    assert seen.difference.n_changed == 6


def test_a_step_whose_parts_agree_is_named_itself() -> None:
    seen = found(BEFORE, pipeline(ROWS / 2, ROWS / 3, np.ones(6, int)))
    assert seen.path == ("prep",)


def test_a_step_with_different_inputs_is_not_blamed() -> None:
    prepared = pipeline(ROWS / 2, ROWS / 3, np.ones(6, int))
    assert found(BEFORE, prepared).path == ("prep",)
    last = trace(call(CLF, "predict", ROWS / 2, np.zeros(6, int)))
    assert found(last, trace(call(CLF, "predict", ROWS / 3, np.ones(6, int)))).path == ()


def test_rounding_is_not_a_difference() -> None:
    near = ROWS / 2 * (1 + 1e-12)
    assert found(BEFORE, pipeline(near, near, np.zeros(6, int))) is None
    assert found(BEFORE, pipeline(near, near, np.ones(6, int))).path == ("clf",)


def test_a_step_that_changes_more_rows_than_it_was_given_changed_is_to_blame() -> None:
    """One row came otherwise, and all went otherwise: five of them are its own doing."""
    given = ROWS.copy()
    given[0] += 1
    writer = trace(call(SCALE, "transform", ROWS, ROWS / 2, 1), call(MODEL, "predict", 0, 1))
    reader = trace(call(SCALE, "transform", given, given / 3, 1), call(MODEL, "predict", 0, 2))
    assert found(writer, reader).path == ("prep", "scale")
    same = trace(call(SCALE, "transform", given, given / 2, 1), call(MODEL, "predict", 0, 2))
    assert found(writer, same).path == ()


def test_the_innermost_step_that_raises_is_named() -> None:
    reader = trace(
        *pipeline(ROWS / 2, ROWS / 2, 0).calls[:2],
        call(CLF, "decision_function", ROWS / 2, BROKEN, 2),
        call(CLF, "predict", ROWS / 2, BROKEN, 1),
        call(MODEL, "predict", ROWS, BROKEN),
    )
    seen = found(BEFORE, reader)
    assert (seen.path, seen.method, seen.failure) == (("clf",), "decision_function", BROKEN)


def test_what_is_raised_and_caught_is_not_to_blame() -> None:
    caught = Failure(type="ValueError", message="tried")
    reader = trace(
        call(SCALE, "transform", ROWS, caught, 2),
        *pipeline(ROWS / 2, ROWS / 2, np.ones(6, int)).calls[1:],
    )
    assert found(BEFORE, reader).path == ("clf",)


def test_what_raised_in_the_writer_too_is_not_to_blame() -> None:
    both = call(SCALE, "transform", ROWS, BROKEN, 1)
    writer = trace(both, call(MODEL, "predict", ROWS, 0))
    reader = trace(both, call(MODEL, "predict", ROWS, BROKEN))
    assert found(writer, reader).path == ()


def test_a_failure_that_no_step_showed_is_where_the_attribute_lacks() -> None:
    """``repr`` reads the parameters of every estimator, and calls no output method."""
    writer, reader = trace(outcome=Returned(digest="")), trace(outcome=BROKEN)
    assert found(writer, reader).path == ("clf",)
    other = Failure(type="ValueError", message="something else")
    assert found(writer, trace(outcome=other)).path == ()


def test_a_method_that_is_gone_is_reported() -> None:
    writer = trace(outcome=Returned(digest="1"))
    seen = found(writer, trace(outcome=Absent(message="no such method")))
    assert seen.failure.message == "no such method"


def test_a_difference_of_values_that_were_not_stored_has_no_size() -> None:
    writer = trace(call(MODEL, "predict", ROWS, value(ROWS, kept=False)))
    reader = trace(call(MODEL, "predict", ROWS, value(ROWS + 1, kept=False)))
    assert "too large" in found(writer, reader).difference.note


def test_calls_of_one_step_are_matched_in_their_order() -> None:
    def twice(last: Any) -> Trace:
        return trace(
            call(SCALE, "transform", ROWS, ROWS, 1),
            call(SCALE, "transform", ROWS + 1, last, 1),
            call(MODEL, "predict", ROWS, last),
        )

    seen = found(twice(ROWS), twice(ROWS * 2))
    assert seen.path == ("prep", "scale")
    assert seen.difference.n_changed == 6


def test_without_a_trace_there_is_no_diagnosis() -> None:
    assert found(BEFORE, Trace(method="predict", load=BROKEN)) is None
    assert found(Trace(method="predict"), BEFORE) is None
