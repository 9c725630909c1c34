"""Validate the lines of a worker's journal, which ``matrix/worker/worker.py`` describes.

Only the form of a line can be validated: the code of a model can write a valid line in place of the
worker.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from matrix.executors.untrusted_files import BreachError
from matrix.worker.compat_worker import estimator_names

Line = dict[str, Any]
Form = Callable[[Any], bool]

_SHOWN = 120


def line(text: bytes) -> Line:
    """Parse a line of the journal.

    Raises:
        BreachError: it does not have the form of any line.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not _LINE(found):
        shown = text[:_SHOWN].decode("utf-8", "replace")
        raise BreachError(f"its journal has a line that no worker writes: {shown!r}")
    return dict(found)


def check_answer(task: str, answer: Any, piece: Mapping[str, Any]) -> None:
    """Check that an answer has the form of its task, and only refers to contents that exist.

    Args:
        task: as in :class:`~matrix.executors.worker_process.Request`.
        answer: to check.
        piece: the piece of the request that it answers; its ``known`` contents need not be sent.

    Raises:
        BreachError: the answer is not valid.
    """
    forms = _ANSWERS.get(task, ())
    if not any(form(answer) for form in forms):
        raise BreachError("its journal has an answer that no worker gives")
    if task == "trace":
        _check_trace(answer)
    if task == "load" and "outputs" in answer:
        _check_complete(answer, piece)
    there = {place["digest"] for place in answer["contents"]} | {""}
    known = set()
    for name in ("known", "own") if task == "load" else ():
        known |= set((piece.get(name) or {}).values())
    if not there | known >= set(_digests(answer)):
        raise BreachError("its journal speaks of contents that it does not have")


def _check_trace(answer: Mapping[str, Any]) -> None:
    """Check that the calls of a trace refer to its parts, and that it has few enough attributes."""
    parts = answer.get("parts", ())
    attributes = sum(len(part["attributes"]) for part in parts)
    if attributes > TRACED["attributes"] or any(
        call["part"] >= len(parts) for call in answer.get("calls", ())
    ):
        raise BreachError("its journal has a trace that no worker gives")


def _check_complete(answer: Mapping[str, Any], piece: Mapping[str, Any]) -> None:
    """Check that every method that the writer recorded has an outcome."""
    missing = [name for name in piece.get("known") or () if name not in answer["outputs"]]
    if missing:
        shown = ", ".join(missing)[:_SHOWN]
        raise BreachError(f"its journal has an answer without the outputs of {shown}")


def _digests(answer: Mapping[str, Any]) -> Iterator[str]:
    for name in ("rows", "truth", "source"):
        if answer.get(name):
            yield answer[name]
    own = answer.get("own") or {}
    for outcomes in (answer.get("outputs"), answer.get("repeats"), own.get("outputs")):
        for outcome in (outcomes or {}).values():
            yield outcome.get("digest", "")
    for name in ("outcome", "untraced"):
        yield (answer.get(name) or {}).get("digest", "")
    for call in answer.get("calls", ()):
        for value in (call["given"], call.get("returned", {"digest": ""})):
            if value.get("kept", True):
                yield value["digest"]


# ------------------------------------------------------------------------------------- forms


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_names(value: Any) -> bool:
    """Whether it is a short list of short texts; a model controls their number and length."""
    few = isinstance(value, list) and len(value) <= estimator_names.MAX_NAMES
    return few and all(
        _is_text(one) and len(one) <= estimator_names.MAX_NAME_LENGTH for one in value
    )


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_number(value: Any) -> bool:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return plain and math.isfinite(value) and value >= 0


def _is_signed(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


_DIGEST = re.compile(r"[0-9a-f]{64}")


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _is_anything(value: Any) -> bool:
    return True


def _either(*forms: Form) -> Form:
    return lambda value: any(form(value) for form in forms)


def _only(*values: object) -> Form:
    return lambda value: value in values


def _many(form: Form, most: float = math.inf) -> Form:
    return lambda value: isinstance(value, list) and len(value) <= most and all(map(form, value))


def _text_of(most: int) -> Form:
    return lambda value: isinstance(value, str) and len(value) <= most


def _by_name(form: Form) -> Form:
    return lambda value: isinstance(value, dict) and all(map(form, value.values()))


def _by_short_name(form: Form, most: int) -> Form:
    """An object with at most ``most`` fields, whose names are short too."""
    short, every = _text_of(TRACED["text"]), _by_name(form)
    return lambda value: every(value) and len(value) <= most and all(map(short, value))


def _record(required: Mapping[str, Form], **optional: Form) -> Form:
    """An object with these fields and no others."""
    every = {**required, **optional}

    def form(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and required.keys() <= value.keys() <= every.keys()
            and all(every[name](field) for name, field in value.items())
        )

    return form


_LINE = _either(
    _record({"ready": _record({"sklearn": _is_text, "seconds": _is_number})}),
    _record({"begin": _is_count}),
    _record({"at": _is_text}),
    _record({"done": _is_count, "answer": _is_anything}),
    _record({"end": _only(True)}),
)

_FAILURE = _record({"type": _is_text, "message": _is_text}, traceback=_is_text)
_OUTCOME = _either(
    _record({"digest": _either(_is_digest, _only(""))}, whole=_is_truth),
    _record({"absent": _is_text}),
    _record({"raised": _FAILURE}),
)
_OUTCOMES = _by_name(_OUTCOME)
_ARTIFACTS = _by_name(
    _either(
        _record({"path": _is_text, "sha256": _is_digest, "size": _is_count, "seconds": _is_number}),
        _record({"raised": _FAILURE}),
        _record({"unavailable": _is_text}),
    )
)
_CONTENTS = _many(_record({"digest": _is_digest, "offset": _is_count, "size": _is_count}))
_WARNINGS = _many(_record({"category": _is_text, "message": _is_text, "stage": _is_text}))
_COMMON: dict[str, Form] = {
    "contents": _CONTENTS,
    "warnings": _WARNINGS,
    "seconds": _is_number,
}
_UNAVAILABLE = _record({**_COMMON, "unavailable": _is_text})
_RAISED = _record({**_COMMON, "raised": _FAILURE})
_RAISED_IN = _record({**_COMMON, "raised": _FAILURE, "stage": _is_text})
OWN_TABLE = {"columns": 20, "rows": 20, "text": 200, "kinds": 16}
"""How many columns, rows and kinds of changed values an own table may list, and how long its texts
may be; as ``compat_worker`` keeps to it."""

_OWN_TEXT = _text_of(OWN_TABLE["text"])
_VALUE_CHANGE = _record(
    {
        "given": _OWN_TEXT,
        "own": _OWN_TEXT,
        "rows": _many(_is_count, OWN_TABLE["rows"]),
        "count": _is_count,
    }
)
_OWN_COLUMN = _record(
    {
        "name": _OWN_TEXT,
        "given": _OWN_TEXT,
        "own": _OWN_TEXT,
        "changes": _many(_VALUE_CHANGE, OWN_TABLE["kinds"]),
    }
)
_OWN = _record(
    {
        "pandas": _OWN_TEXT,
        "columns": _many(_OWN_COLUMN, OWN_TABLE["columns"]),
        "columns_left_out": _is_count,
        "outputs": _OUTCOMES,
        "warnings": _WARNINGS,
    }
)
_RECORD: dict[str, Form] = {
    **_COMMON,
    "rows": _is_digest,
    "truth": _either(_is_digest, _only(None)),
    "only": _is_truth,
    "estimators": _are_names,
    "outputs": _OUTCOMES,
}
_SAVED: dict[str, Form] = {
    **_RECORD,
    "artifacts": _ARTIFACTS,
    "rows_by_source": _record({"declared": _is_count, "model": _is_count}),
}
_MOST_FAULTS = 10_000
_EVIDENCE_COUNTS = _record(
    {
        "faults": _is_count,
        "live": _is_count,
        "noticed": _is_count,
        "leaves": _is_count,
        "reached": _is_count,
        "complete": _is_truth,
        "constant": _is_truth,
        "by_source": _record(
            {}, data=_is_count, declared=_is_count, model=_is_count, random=_is_count
        ),
    }
)


def _is_evidence(value: Any) -> bool:
    """Counts of which none is larger than the one that it is a part of."""
    return (
        _EVIDENCE_COUNTS(value)
        and value["noticed"] <= value["live"] <= value["faults"] <= _MOST_FAULTS
        and value["reached"] <= value["leaves"]
    )


_REFERENCE: dict[str, Form] = {
    **_RECORD,
    "repeats": _OUTCOMES,
    "made": _by_name(_is_count),
    "dropped": _by_name(_record({"rows": _is_count, "raised": _either(_only(None), _FAILURE)})),
    "n_rows": _is_count,
    "fewer": _either(
        _only(None),
        _record({"rows": _is_count, "of": _only("features", "outputs"), "count": _is_count}),
    ),
    "unfit": _is_text,
    "features": _either(_only(None), _many(_is_text)),
    "evidence": _either(_only(None), _is_evidence),
}
_COMPARED = _by_name(
    _record({"agrees": _either(_is_truth, _only(None)), "rows": _either(_is_count, _only(None))})
)
_REFUSED = _record({**_COMMON, "refused": _is_text})
_LACKING = _record(
    {
        "path": _many(_either(_is_text, _is_count)),
        "name": _is_text,
        "value": _either(_only(None), _is_truth, _is_signed, _is_text),
    }
)
_CONVERTED = _record({"name": _is_text, "places": _is_count, "meaning": _is_text})

TRACED = {
    "parts": 200,
    "path": 20,
    "attributes": 6000,
    "held": 200,
    "classes": 100,
    "names": 400,
    "calls": 300,
    "text": 512,
}
"""The limits of a trace, which ``compat_worker`` observes: ``attributes`` counts those of all parts
together, ``held`` those of one part."""

_SHORT = _text_of(TRACED["text"])
_NAMES = _many(_SHORT, TRACED["names"])
_HELD = _record(
    {"type": _SHORT},
    dtype=_SHORT,
    shape=_many(_is_count, 64),
    shown=_SHORT,
)
_PART = _record(
    {
        "path": _many(_SHORT, TRACED["path"]),
        "class": _SHORT,
        "attributes": _by_short_name(_HELD, TRACED["held"]),
    }
)
_CLASS = _record(
    {"parameters": _by_short_name(_SHORT, TRACED["held"]), "uses": _NAMES, "asks": _NAMES}
)
_VALUE = _record({"digest": _either(_is_digest, _only(""))}, whole=_is_truth, kept=_is_truth)
_CALL: dict[str, Form] = {
    "part": _is_count,
    "method": _SHORT,
    "depth": _is_count,
    "given": _VALUE,
}
_CALLED = _either(
    _record({**_CALL, "returned": _VALUE}),
    _record({**_CALL, "raised": _record({"type": _SHORT, "message": _SHORT})}),
)
_TRACE: dict[str, Form] = {
    **_COMMON,
    "parts": _many(_PART, TRACED["parts"]),
    "parts_left_out": _is_count,
    "classes": _by_short_name(_CLASS, TRACED["classes"]),
    "calls": _many(_CALLED, TRACED["calls"]),
    "calls_left_out": _is_count,
    "outcome": _either(_only(None), _OUTCOME),
    "untraced": _either(_only(None), _OUTCOME),
}

_DEEPEST = 60


def _is_construction(value: Any, depth: int = 0) -> bool:
    """Whether it has the form that ``compat_worker/construction.py`` describes."""
    if depth > _DEEPEST or not (isinstance(value, list) and value and _is_text(value[0])):
        return False

    def inner(one: Any) -> bool:
        return _is_construction(one, depth + 1)

    several = _many(inner)
    forms: dict[str, tuple[Form, ...]] = {
        "plain": (_is_scalar,),
        "float": (_is_text,),
        "other": (_is_text,),
        "list": (several,),
        "tuple": (several,),
        "dict": (_many(_pair(inner, inner)),),
        "name": (_is_text, _is_text),
        "array": (_is_text, several),
        "made": (_is_text, _is_text, _many(_pair(_is_text, inner))),
    }
    kind, *rest = value
    expected = forms.get(kind, ())
    return len(rest) == len(expected) > 0 and all(
        form(one) for form, one in zip(expected, rest, strict=True)
    )


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _pair(first: Form, second: Form) -> Form:
    def form(value: Any) -> bool:
        return isinstance(value, list) and len(value) == 2 and first(value[0]) and second(value[1])

    return form


_ANSWERS: dict[str, tuple[Form, ...]] = {
    "check": (_record({"files": _by_name(_FAILURE), "contents": _CONTENTS}),),
    "save": (_UNAVAILABLE, _RAISED_IN, _record(_SAVED, own=_OWN, source=_is_digest)),
    "evidence": (
        _REFUSED,
        _RAISED,
        _record({**_COMMON, "evidence": _either(_only(None), _is_evidence)}),
    ),
    "load": (
        _REFUSED,
        _UNAVAILABLE,
        _RAISED,
        _record(
            {**_COMMON, "outputs": _OUTCOMES, "repeats": _OUTCOMES, "load_seconds": _is_number},
            own=_OWN,
        ),
    ),
    "reference": (
        _REFUSED,
        _record({**_COMMON, "mistake": _is_text}),
        _RAISED_IN,
        _record(_REFERENCE, expected=_COMPARED, own=_OWN, source=_is_digest),
    ),
    "trace": (_REFUSED, _UNAVAILABLE, _RAISED, _record(_TRACE)),
    "resave": (
        _REFUSED,
        _UNAVAILABLE,
        _record({**_COMMON, "mistake": _is_text}),
        _RAISED_IN,
        _record(
            {
                **_COMMON,
                "artifacts": _ARTIFACTS,
                "lacking": _many(_LACKING),
                "converted": _many(_CONVERTED, 500),
            }
        ),
    ),
    "construct": (
        _REFUSED,
        _UNAVAILABLE,
        _RAISED,
        _record({**_COMMON, "construction": _is_construction}),
    ),
}
"""The valid forms of an answer, by task."""
