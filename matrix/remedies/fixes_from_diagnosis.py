"""Fixes that follow from a diagnosis: attributes that a file may lack."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from matrix.diagnosis.trace_data import Attribute, Diagnosis
from matrix.model import FilePart, Fix


def fixes_of(diagnosis: Diagnosis, part: FilePart = ()) -> tuple[Fix, ...]:
    """Candidates for fixes, not verified.

    Args:
        diagnosis: of one model.
        part: where in its file the model is.

    An attribute that the reader reads and the file lacks may have another name in the file. Values
    that differ in the reader's own model are copied if they are plain. Only attributes that the
    reader's code reads are candidates; missing ones come before different ones.
    """
    read = (one for one in diagnosis.own if one.read)
    changes = sorted(read, key=lambda one: one.before is not None)
    plain = (
        Fix(path=one.path, name=one.name, value=value, named=True)
        for one in changes
        if one.before is None or list(_plain(one.before))
        for value in _plain(one.after)
    )
    return tuple(replace(one, part=part) for one in (*_renamed(diagnosis), *plain))


def _renamed(diagnosis: Diagnosis) -> Iterator[Fix]:
    """Set what a part lacks from an attribute that is no longer read.

    The two have the same name but for underscores (``calibrators_``, ``calibrators``), or are the
    only ones of their part.
    """
    for had in diagnosis.unread:
        here = (had.path, had.kind)
        others = [one for one in diagnosis.unread if (one.path, one.kind) == here]
        lacking = [one for one in diagnosis.missing if (one.path, one.kind) == here]
        twins = [one for one in lacking if one.name.strip("_") == had.name.strip("_")]
        learned = [one for one in lacking if not one.parameter]
        only = learned if len(others) == len(learned) == 1 else []
        for one in twins or only:
            square = had.before is not None and _is_square(had.before)
            of = f"{had.name}.diagonal()" if square and not twins else had.name
            yield Fix(path=had.path, name=one.name, of=of, named=True)


def _is_square(attribute: Attribute) -> bool:
    """Whether it has as many rows as columns: its diagonal may hold what is a vector now."""
    shape = attribute.shape
    return shape is not None and len(shape) == 2 and shape[0] == shape[1] > 1


def _plain(attribute: Attribute | None) -> Iterator[object]:
    """The value of an attribute, if it is plain JSON and shown in full."""
    if attribute is None or attribute.shape is not None or not attribute.shown:
        return
    try:
        value = ast.literal_eval(attribute.shown)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return
    if value is None or isinstance(value, bool | int | float | str):
        yield value
