"""A worker's answer has exactly the fields of its task, at every level."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.executors import protocol
from matrix.executors.untrusted_files import BreachError
from tests.executors.test_untrusted_traces import ANSWER as TRACE

DIGEST = "0" * 64
FAILURE = {"type": "ValueError", "message": "no", "traceback": "..."}
COMMON: dict[str, Any] = {
    "contents": [{"digest": DIGEST, "offset": 0, "size": 1}],
    "warnings": [{"category": "UserWarning", "message": "m", "stage": "load"}],
    "seconds": 0.5,
}
OUTPUTS = {
    "predict": {"digest": DIGEST, "whole": False},
    "transform": {"absent": "no such method"},
    "score": {"raised": FAILURE},
}
ARTIFACTS = {
    "joblib": {"path": "model.joblib", "sha256": DIGEST, "size": 3, "seconds": 0.1},
    "skops": {"raised": FAILURE},
    "onnx": {"unavailable": "not installed"},
}
EVIDENCE = {
    "faults": 100,
    "live": 80,
    "noticed": 70,
    "complete": True,
    "constant": False,
    "leaves": 20,
    "reached": 20,
    "by_source": {"data": 5, "model": 3},
}
OWN = {
    "pandas": "3.0.0",
    "columns": [
        {
            "name": "city",
            "given": "object",
            "own": "str",
            "changes": [{"given": "None", "own": "nan", "rows": [3, 8], "count": 2}],
        }
    ],
    "columns_left_out": 0,
    "outputs": OUTPUTS,
    "warnings": COMMON["warnings"],
}
RECORDED = {
    **COMMON,
    "rows": DIGEST,
    "truth": None,
    "only": False,
    "estimators": ["sklearn.svm._classes.SVC"],
    "outputs": OUTPUTS,
}
SAVED = {
    **RECORDED,
    "artifacts": ARTIFACTS,
    "rows_by_source": {"declared": 123, "model": 60},
}
MADE = [
    "made",
    "sklearn.svm",
    "SVC",
    [["C", ["float", "inf"]], ["kernel", ["plain", "rbf"]], ["class_weight", ["dict", []]]],
]
ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("check", {"files": {"a.py": FAILURE}, "contents": COMMON["contents"]}),
    ("save", SAVED),
    ("save", {**SAVED, "own": OWN}),
    ("save", {**COMMON, "unavailable": "no module"}),
    ("save", {**COMMON, "raised": FAILURE, "stage": "fit"}),
    ("evidence", {**COMMON, "evidence": {**EVIDENCE, "by_source": {"declared": 5, "model": 3}}}),
    ("evidence", {**COMMON, "raised": FAILURE}),
    ("load", {**COMMON, "outputs": OUTPUTS, "repeats": OUTPUTS, "load_seconds": 0.1}),
    ("load", {**COMMON, "outputs": OUTPUTS, "repeats": {}, "load_seconds": 0, "own": OWN}),
    ("load", {**COMMON, "raised": FAILURE}),
    ("load", {**COMMON, "refused": "os.system"}),
    (
        "reference",
        {
            **RECORDED,
            "repeats": {},
            "made": {"zeros": 3},
            "dropped": {"missing": {"rows": 1, "raised": None}},
            "n_rows": 3,
            "fewer": None,
            "unfit": "",
            "features": ["a"],
            "evidence": EVIDENCE,
            "expected": {"predict": {"agrees": True, "rows": 0}},
        },
    ),
    ("reference", {**COMMON, "mistake": "no such file"}),
    ("trace", TRACE),
    (
        "resave",
        {
            **COMMON,
            "artifacts": ARTIFACTS,
            "lacking": [{"path": ["steps", 0], "name": "n", "value": 1.0}],
            "converted": [{"name": "tree-values-1.3", "places": 2, "meaning": "divided"}],
        },
    ),
    ("construct", {**COMMON, "construction": MADE}),
]


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each object inside a value."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from objects(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from objects(inner, (*path, number))


PLACES = [(task, answer, path) for task, answer in ANSWERS for path in objects(answer)]


@pytest.mark.parametrize(("task", "answer"), ANSWERS)
def test_a_workers_answer_is_accepted(task: str, answer: dict[str, Any]) -> None:
    protocol.check_answer(task, answer, {})


@given(st.sampled_from(PLACES), st.text(min_size=1), st.none() | st.lists(st.none(), max_size=1))
def test_an_unknown_field_is_refused_anywhere(
    place: tuple[str, dict[str, Any], tuple[Any, ...]], name: str, value: Any
) -> None:
    """Where fields have names of their own, such as outputs by method, by what stands there."""
    task, answer, path = place
    more = copy.deepcopy(answer)
    inner: Any = more
    for key in path:
        inner = inner[key]
    if name in inner:
        return
    inner[name] = value
    with pytest.raises(BreachError):
        protocol.check_answer(task, more, {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"noticed": 81},
        {"live": 101},
        {"faults": 10_001, "live": 10_001},
        {"reached": 21},
        {"live": -1},
        {"noticed": 0.5},
        {"complete": 1},
        {"by_source": {"model": -3}},
        {"by_source": {"the user": 3}},
        {"mutation_score": 1.0},
    ],
)
def test_impossible_evidence_is_refused(wrong: dict[str, Any]) -> None:
    task, answer = next(one for one in ANSWERS if one[0] == "reference")
    with pytest.raises(BreachError):
        protocol.check_answer(task, {**answer, "evidence": {**EVIDENCE, **wrong}}, {})


def test_evidence_may_be_unknown() -> None:
    task, answer = next(one for one in ANSWERS if one[0] == "reference")
    protocol.check_answer(task, {**answer, "evidence": None}, {})
