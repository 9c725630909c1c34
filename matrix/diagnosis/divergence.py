"""Find the first step that diverges, from the calls in two environments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from matrix.diagnosis.trace_data import (
    Divergence,
    NamePath,
    Trace,
    TracedCall,
    TracedPart,
    TracedValue,
)
from matrix.judge.compare import compare
from matrix.judge.content import Fetch, read
from matrix.model import Absent, Failure, OutputDifference, Returned, Tolerance, Verdict

_CallKey = tuple[NamePath, str, int]
"""Path of the estimator, method, and number of the call (from 1) among those of this method."""

_GIVEN = "transform"
"""Inputs are compared like outputs of ``transform``, whatever the method."""


def first_divergence(
    writer: Trace, reader: Trace, fetch: Fetch, tolerance: Callable[[str], Tolerance]
) -> Divergence | None:
    """The innermost step that returns another output, or raises, although its input is equal.

    Calls are compared in the order in which they ended, so inner calls come before outer ones.

    Returns:
        None if the method has the same outcome in both environments, or was not traced.
    """
    before = dict(_keyed(writer.calls))
    for key, call in _keyed(reader.calls):
        known = before.get(key)
        if isinstance(call.ended, Failure):
            alike = known is not None and isinstance(known.ended, Failure)
            if not alike and _causes_failure(reader, call.ended):
                return _divergence(call, failure=call.ended)
            continue
        if known is None or isinstance(known.ended, Failure):
            continue
        found = _difference(call.method, known.ended, call.ended, fetch, tolerance)
        if found is None:
            continue
        given = _difference(_GIVEN, known.given, call.given, fetch, tolerance)
        if given is None or _changes_more_rows(given, found):
            return _divergence(call, difference=found)
    return _outermost(writer, reader, fetch, tolerance)


def _keyed(calls: tuple[TracedCall, ...]) -> Iterator[tuple[_CallKey, TracedCall]]:
    seen: Counter[tuple[NamePath, str]] = Counter()
    for call in calls:
        place = (call.part.path, call.method)
        seen[place] += 1
        yield (*place, seen[place]), call


def _changes_more_rows(given: OutputDifference, found: OutputDifference) -> bool:
    """Whether more rows differ after a step than before it."""
    return bool(given.n_changed) and given.n == found.n and given.n_changed < found.n_changed


def _causes_failure(reader: Trace, failure: Failure) -> bool:
    """Whether the failure of an inner call made the method fail, and was not caught."""
    outcome = reader.outcome
    if isinstance(outcome, Absent):
        return failure.message[:200] == outcome.message[:200]
    if not isinstance(outcome, Failure):
        return False
    return failure.type == outcome.type or failure.message[:200] in outcome.traceback


def _divergence(
    call: TracedCall, difference: OutputDifference | None = None, failure: Failure | None = None
) -> Divergence:
    return Divergence(
        path=call.part.path,
        kind=call.part.kind,
        method=call.method,
        difference=difference,
        failure=failure,
    )


def _outermost(
    writer: Trace, reader: Trace, fetch: Fetch, tolerance: Callable[[str], Tolerance]
) -> Divergence | None:
    """The divergence of the method itself, if no recorded call diverged; else None."""
    if not reader.parts or reader.outcome is None or writer.outcome is None:
        return None
    root, method = reader.parts[0], reader.method
    if isinstance(reader.outcome, Failure) and not isinstance(writer.outcome, Failure):
        part = _part_lacking_attribute(reader, reader.outcome) or root
        return Divergence(path=part.path, kind=part.kind, method=method, failure=reader.outcome)
    if isinstance(reader.outcome, Absent) and isinstance(writer.outcome, Returned):
        gone = Failure(type="AttributeError", message=reader.outcome.message)
        return Divergence(path=(), kind=root.kind, method=method, failure=gone)
    if isinstance(reader.outcome, Returned) and isinstance(writer.outcome, Returned):
        before, after = writer.outcome.digest, reader.outcome.digest
        found = _difference(
            method, TracedValue(digest=before), TracedValue(digest=after), fetch, tolerance
        )
        if found is not None:
            return Divergence(path=(), kind=root.kind, method=method, difference=found)
    return None


def _part_lacking_attribute(reader: Trace, failure: Failure) -> TracedPart | None:
    """The estimator that lacks the attribute named in an AttributeError; None if there is none."""
    said = _NO_ATTRIBUTE.search(failure.message)
    if said is None:
        return None
    for part in reader.parts:
        if part.kind.rpartition(".")[2] == said[1] and said[2] not in part.attributes:
            return part
    return None


_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")


def _difference(
    method: str,
    before: TracedValue,
    after: TracedValue,
    fetch: Fetch,
    tolerance: Callable[[str], Tolerance],
) -> OutputDifference | None:
    """How two values differ beyond rounding; None if they do not."""
    if before.digest == after.digest:
        return None
    if not (before.kept and after.kept):
        return _NOT_COMPARED
    try:
        left, right = read(fetch(before.digest)), read(fetch(after.digest))
        found = compare(method, left, right, tolerance(method))
    except (KeyError, ValueError):
        return _NOT_COMPARED
    return None if found.verdict.safe else found


_NOT_COMPARED = OutputDifference(
    verdict=Verdict.NOT_RUN, note="they differ, and are too large to compare"
)
