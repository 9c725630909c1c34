"""Where a cell goes wrong, and what differs inside its file there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from matrix.diagnosis import state_mismatch
from matrix.diagnosis.divergence import Fetch, first
from matrix.diagnosis.trace_data import Diagnosis, Divergence, Missing, Trace
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
    """What can be told from what was seen inside a cell's file.

    Args:
        cell: the cell.
        writer: what its writer sees in the file.
        reader: what its reader sees in it.
        native: what the reader sees in the same pipeline that it has trained itself; None if that
            is not to be had.
        fetch: gives the content of an output by its digest.
        tolerance: gives the tolerance for a method by its name.
    """
    file = reader if reader.parts else writer
    known = reader if reader.parts else (native or reader)
    found = first(writer, reader, fetch, tolerance)
    where = None if found is None else found.path
    return Diagnosis(
        first=found,
        states=tuple(state_mismatch.states(writer, reader)),
        own=() if native is None else tuple(state_mismatch.own(file, native, reader, where)),
        orphans=tuple(state_mismatch.orphans(writer, known, file)),
        missing=tuple(_confirmed(state_mismatch.missing(writer, known, file, native), found)),
        unread=tuple(state_mismatch.unread(writer, known, file)),
        holders=() if reader.load is None else tuple(state_mismatch.holders(writer, reader.load)),
        notes=tuple(_notes(cell, writer, reader, native, found)),
    )


def _confirmed(missing: Iterable[Missing], found: Divergence | None) -> Iterator[Missing]:
    """The same; what the failing step complains of is needed, wherever it is read."""
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
            yield f"{environment} could not look inside ({trace.ending.value}): {trace.reason}"
        elif trace.unavailable:
            yield f"{environment} could not look inside: {trace.unavailable}"
        elif not _alike(trace.outcome, trace.untraced):
            yield f"in {environment}, {trace.method} gives something else when nobody watches"
    if writer.load is not None:
        yield f"{cell.writer} cannot load its own file: {writer.load.type}: {writer.load.message}"
    if native is not None and not native.parts:
        yield f"what {cell.reader} makes of the same pipeline could not be looked at"
    same = found is None and cell.stage == reader.method
    if same and isinstance(writer.outcome, Returned) and isinstance(reader.outcome, Returned):
        yield (
            f"loaded by {cell.writer} again, the file already gives what it gives in "
            f"{cell.reader}: it was lost when it was saved"
        )
    left_out = max(writer.parts_left_out, reader.parts_left_out)
    if left_out:
        yield f"{left_out:,} estimators more were not looked into: the first of each ensemble were"
    if max(writer.calls_left_out, reader.calls_left_out):
        yield "there were too many calls to follow them all: where it begins may lie deeper"


def _alike(one: Outcome | None, other: Outcome | None) -> bool:
    """Whether two outcomes are the same, wherever an exception passed through."""
    if isinstance(one, Failure) and isinstance(other, Failure):
        return (one.type, one.message) == (other.type, other.message)
    return one == other
