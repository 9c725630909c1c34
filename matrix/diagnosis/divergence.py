"""The first step that goes another way, from the calls in two environments."""

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
from matrix.judge.content import read
from matrix.model import Absent, Failure, OutputDifference, Returned, Tolerance, Verdict

Fetch = Callable[[str], bytes]
"""Gives the content of a digest."""

_Key = tuple[NamePath, str, int]
"""Where a call is, its method, and the how many-th of these it is."""

_GIVEN = "transform"
"""What is given is compared as numbers and texts, whatever the method makes of it."""


def first(
    writer: Trace, reader: Trace, fetch: Fetch, tolerance: Callable[[str], Tolerance]
) -> Divergence | None:
    """The innermost step that returns something else, or raises, though it is given the same.

    Calls are taken in the order in which they ended, so that what is inside comes before what it
    is inside of. None if the method does the same in both, or was not followed.
    """
    before = dict(_keyed(writer.calls))
    for key, call in _keyed(reader.calls):
        known = before.get(key)
        if isinstance(call.ended, Failure):
            alike = known is not None and isinstance(known.ended, Failure)
            if not alike and _ends_it(reader, call.ended):
                return _told(call, failure=call.ended)
            continue
        if known is None or isinstance(known.ended, Failure):
            continue
        found = _difference(call.method, known.ended, call.ended, fetch, tolerance)
        if found is None:
            continue
        given = _difference(_GIVEN, known.given, call.given, fetch, tolerance)
        if given is None or _by_itself(given, found):
            return _told(call, difference=found)
    return _outermost(writer, reader, fetch, tolerance)


def _keyed(calls: tuple[TracedCall, ...]) -> Iterator[tuple[_Key, TracedCall]]:
    seen: Counter[tuple[NamePath, str]] = Counter()
    for call in calls:
        place = (call.part.path, call.method)
        seen[place] += 1
        yield (*place, seen[place]), call


def _by_itself(given: OutputDifference, found: OutputDifference) -> bool:
    """Whether more rows differ after a step than before it: it changes some on its own."""
    return bool(given.n_changed) and given.n == found.n and given.n_changed < found.n_changed


def _ends_it(reader: Trace, failure: Failure) -> bool:
    """Whether what was raised inside is why the method fails, rather than caught on the way."""
    outcome = reader.outcome
    if isinstance(outcome, Absent):
        return failure.message[:200] == outcome.message[:200]
    if not isinstance(outcome, Failure):
        return False
    return failure.type == outcome.type or failure.message[:200] in outcome.traceback


def _told(
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
    """The method itself, where no call was seen to differ."""
    if not reader.parts or reader.outcome is None or writer.outcome is None:
        return None
    root, method = reader.parts[0], reader.method
    if isinstance(reader.outcome, Failure) and not isinstance(writer.outcome, Failure):
        part = _complained_of(reader, reader.outcome) or root
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


def _complained_of(reader: Trace, failure: Failure) -> TracedPart | None:
    """The part that lacks the attribute of which an exception speaks; None if there is none."""
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
        return _UNTOLD
    try:
        left, right = read(fetch(before.digest)), read(fetch(after.digest))
        found = compare(method, left, right, tolerance(method))
    except (KeyError, ValueError):
        return _UNTOLD
    return None if found.verdict.safe else found


_UNTOLD = OutputDifference(
    verdict=Verdict.NOT_RUN, note="they differ, and are too large to say by how much"
)
