"""Diagnose a cell: the first step that diverges, and the differences inside its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from matrix.diagnosis import state_mismatch
from matrix.diagnosis.divergence import first_divergence
from matrix.diagnosis.trace_data import Diagnosis, Divergence, Missing, Trace
from matrix.judge.content import Fetch
from matrix.model import Cell, Ending, Failure, Outcome, Returned, Tolerance


def diagnose(
    cell: Cell,
    writer: Trace,
    reader: Trace,
    native: Trace | None = None,
    *,
    fetch: Fetch,
    tolerance: Callable[[str], Tolerance],
) -> Diagnosis:
    """Diagnose a cell from traces of its file.

    Args:
        cell: the cell.
        writer: trace of the file in its writer.
        reader: trace of the file in its reader.
        native: trace, in the reader, of the same pipeline trained in the reader; None if there is
            none.
        fetch: returns the content of a digest.
        tolerance: returns the tolerance for a method.
    """
    file = reader if reader.parts else writer
    known = reader if reader.parts else (native or reader)
    found = first_divergence(writer, reader, fetch, tolerance)
    where = None if found is None else found.path
    return Diagnosis(
        first=found,
        states=tuple(state_mismatch.changed_states(writer, reader)),
        own=()
        if native is None
        else tuple(state_mismatch.native_differences(file, native, reader, where)),
        orphans=tuple(state_mismatch.orphans(writer, known, file)),
        missing=tuple(_mark_needed(state_mismatch.missing(writer, known, file, native), found)),
        unread=tuple(state_mismatch.unread(writer, known, file)),
        holders=() if reader.load is None else tuple(state_mismatch.holders(writer, reader.load)),
        notes=tuple(_notes(cell, writer, reader, native, found)),
    )


def _mark_needed(missing: Iterable[Missing], found: Divergence | None) -> Iterator[Missing]:
    """Mark an attribute as needed if the exception of the failing step names it."""
    failure = None if found is None else found.failure
    name = None if failure is None else _NO_ATTRIBUTE.search(failure.message)
    for one in missing:
        if name is not None and (one.kind.rpartition(".")[2], one.name) == name.groups():
            yield replace(one, needed=True)
        else:
            yield one


_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")


def _notes(
    cell: Cell, writer: Trace, reader: Trace, native: Trace | None, found: Divergence | None
) -> Iterator[str]:
    for environment, trace in ((cell.writer, writer), (cell.reader, reader)):
        if trace.ending is not Ending.FINISHED:
            yield f"{environment} could not trace the file ({trace.ending.value}): {trace.reason}"
        elif trace.unavailable:
            yield f"{environment} could not trace the file: {trace.unavailable}"
        elif not _same_outcome(trace.outcome, trace.untraced):
            yield f"in {environment}, {trace.method} returns another result when it is not traced"
    if writer.load is not None:
        yield f"{cell.writer} cannot load its own file: {writer.load.type}: {writer.load.message}"
    if native is not None and not native.parts:
        yield f"the same pipeline trained in {cell.reader} could not be traced"
    same = found is None and cell.stage == reader.method
    if same and isinstance(writer.outcome, Returned) and isinstance(reader.outcome, Returned):
        yield (
            f"loaded in {cell.writer}, the file already returns the same as in {cell.reader}: the "
            "change happened when it was saved"
        )
    left_out = max(writer.parts_left_out, reader.parts_left_out)
    if left_out:
        yield f"{left_out:,} more estimators were not traced: only the first of each ensemble were"
    if max(writer.calls_left_out, reader.calls_left_out):
        yield "there were too many calls to trace them all: the change may begin in a deeper step"


def _same_outcome(one: Outcome | None, other: Outcome | None) -> bool:
    """Whether two outcomes are equal; exceptions are compared without their traceback."""
    if isinstance(one, Failure) and isinstance(other, Failure):
        return (one.type, one.message) == (other.type, other.message)
    return one == other
