"""Convert a worker's answer to ``trace`` into a :class:`Trace`.

``matrix/worker/worker.py`` defines the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matrix.diagnosis.trace_data import (
    Attribute,
    Trace,
    TracedCall,
    TracedClass,
    TracedPart,
    TracedValue,
)
from matrix.model import Failure
from matrix.store import worker_answers
from matrix.store.worker_answers import WorkerAnswer


def read_trace(answer: WorkerAnswer, method: str) -> Trace:
    """The trace in an answer.

    Args:
        answer: the answer of a worker, or how the worker ended without one.
        method: the traced method.
    """
    seen = worker_answers.observation(_as_load(answer))
    if "parts" not in answer:
        return Trace(
            method=method,
            load=seen.load,
            unavailable=seen.unavailable,
            ending=seen.ending,
            reason=seen.reason,
        )
    parts = tuple(_part(entry) for entry in answer["parts"])
    return Trace(
        method=method,
        parts=parts,
        parts_left_out=answer["parts_left_out"],
        kinds={name: _kind(entry) for name, entry in answer["classes"].items()},
        calls=tuple(_call(entry, parts) for entry in answer["calls"]),
        calls_left_out=answer["calls_left_out"],
        outcome=seen.outputs.get("outcome"),
        untraced=seen.outputs.get("untraced"),
    )


def _as_load(answer: WorkerAnswer) -> WorkerAnswer:
    """The answer with its outcomes as ``outputs``, as in an answer to ``load``."""
    names = ("outcome", "untraced")
    outputs = {name: answer[name] for name in names if answer.get(name) is not None}
    return {**answer, "outputs": outputs, "repeats": {}}


def _part(entry: Mapping[str, Any]) -> TracedPart:
    return TracedPart(
        path=tuple(entry["path"]),
        kind=entry["class"],
        attributes={name: _attribute(one) for name, one in entry["attributes"].items()},
    )


def _attribute(entry: Mapping[str, Any]) -> Attribute:
    return Attribute(
        type=entry["type"],
        dtype=entry.get("dtype", ""),
        shape=tuple(entry["shape"]) if "shape" in entry else None,
        shown=entry.get("shown", ""),
    )


def _kind(entry: Mapping[str, Any]) -> TracedClass:
    return TracedClass(
        parameters=dict(entry["parameters"]),
        uses=frozenset(entry["uses"]),
        asks=frozenset(entry["asks"]),
    )


def _call(entry: Mapping[str, Any], parts: tuple[TracedPart, ...]) -> TracedCall:
    raised = entry.get("raised")
    return TracedCall(
        part=parts[entry["part"]],
        method=entry["method"],
        depth=entry["depth"],
        given=_value(entry["given"]),
        ended=_value(entry["returned"])
        if raised is None
        else Failure(type=raised["type"], message=raised["message"]),
    )


def _value(entry: Mapping[str, Any]) -> TracedValue:
    return TracedValue(digest=entry["digest"], kept=entry.get("kept", bool(entry["digest"])))
