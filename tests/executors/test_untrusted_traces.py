"""A trace from a sandbox must have the form of a trace, and observe its limits."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix import diagnosis
from matrix.executors import protocol
from matrix.executors.untrusted_files import BreachError

WORKER = Path(__file__).parents[2] / "matrix" / "worker"
DIGEST = "0" * 64
ANSWER: dict[str, Any] = {
    "contents": [{"digest": DIGEST, "offset": 0, "size": 1}],
    "warnings": [],
    "seconds": 0.5,
    "parts": [
        {
            "path": ["step"],
            "class": "sklearn.svm._classes.SVC",
            "attributes": {"C": {"type": "float", "shown": "1.0"}},
        }
    ],
    "parts_left_out": 0,
    "classes": {"sklearn.svm._classes.SVC": {"parameters": {"C": "1.0"}, "uses": [], "asks": []}},
    "calls": [
        {
            "part": 0,
            "method": "predict",
            "depth": 0,
            "given": {"digest": DIGEST},
            "returned": {"digest": DIGEST, "whole": False},
        },
        {
            "part": 0,
            "method": "predict",
            "depth": 0,
            "given": {"digest": "1" * 64, "kept": False},
            "raised": {"type": "ValueError", "message": "no"},
        },
    ],
    "calls_left_out": 0,
    "outcome": {"digest": DIGEST},
    "untraced": None,
}


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside one."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = [way] if way else []
    for key, one in inside if isinstance(value, dict | list) else ():
        found += places(one, (*way, key)) if isinstance(one, dict | list) else [(*way, key)]
    return found


def changed(way: tuple[Any, ...], value: Any) -> dict[str, Any]:
    answer = copy.deepcopy(ANSWER)
    inner: Any = answer
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return answer


def check(answer: Any) -> None:
    protocol.check_answer("trace", answer, {})


def test_a_trace_of_a_worker_is_accepted() -> None:
    check(ANSWER)
    seen = diagnosis.read_trace(ANSWER, "predict")
    assert [call.method for call in seen.calls] == ["predict", "predict"]
    assert seen.calls[0].part.path == ("step",)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(places(ANSWER)), ANYTHING)
def test_any_trace_is_refused_or_can_be_read(way: tuple[Any, ...], value: Any) -> None:
    answer = changed(way, value)
    try:
        check(answer)
    except BreachError:
        return
    assert diagnosis.read_trace(answer, "predict").calls is not None


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("parts",), ANSWER["parts"] * 201),
        (("calls",), ANSWER["calls"] * 151),
        (("calls", 0, "part"), 1),
        (("calls", 0, "part"), -1),
        (("calls", 0, "returned"), {"digest": "2" * 64}),
        (("calls", 0, "given"), {"digest": "2" * 64}),
        (("calls", 0, "method"), "x" * 513),
        (("outcome",), {"digest": "2" * 64}),
        (("untraced",), {"digest": "2" * 64}),
        (("parts", 0, "path"), ["x"] * 21),
        (("parts", 0, "path"), ["x" * 513]),
        (("parts", 0, "class"), "x" * 513),
        (("parts", 0, "attributes"), {"x" * 513: {"type": "int"}}),
        (("parts", 0, "attributes"), {str(n): {"type": "int"} for n in range(201)}),
        (("parts", 0, "attributes", "C"), {"type": "int", "shown": "x" * 513}),
        (("parts", 0, "attributes", "C"), {"type": "int", "shape": [1] * 65}),
        (("parts", 0, "attributes", "C"), {"type": "int", "shape": [-1]}),
        (("classes",), {str(n): {"parameters": {}, "uses": [], "asks": []} for n in range(101)}),
        (("classes", "x"), {"parameters": {}, "uses": ["x"] * 401, "asks": []}),
        (("classes", "x"), {"parameters": {}, "uses": [], "asks": [], "more": 1}),
        (("calls_left_out",), -1),
    ],
)
def test_a_trace_above_a_limit_is_refused(way: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(BreachError):
        check(changed(way, value))


def test_all_attributes_together_are_bounded() -> None:
    held = {str(n): {"type": "int"} for n in range(200)}
    part = {"path": [], "class": "x", "attributes": held}
    check({**ANSWER, "parts": [part] * 30})
    with pytest.raises(BreachError):
        check({**ANSWER, "parts": [part] * 31})


def test_the_worker_observes_the_limits() -> None:
    if str(WORKER) not in sys.path:
        sys.path.append(str(WORKER))
    from compat_worker import attribute_states, call_recorder, code_reading, parts, tracing

    assert protocol.TRACED == {
        "parts": parts.MAX_PARTS,
        "path": parts.MAX_DEPTH,
        "attributes": tracing.MAX_ATTRIBUTES,
        "held": attribute_states.MAX_ATTRIBUTES,
        "classes": tracing.MAX_CLASSES,
        "names": code_reading.MAX_NAMES,
        "calls": call_recorder.MAX_CALLS,
        "text": 512,
    }
