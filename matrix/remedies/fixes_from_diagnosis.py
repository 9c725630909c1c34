"""What a diagnosis has found that a file may lack, as something to set."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from matrix.diagnosis.trace_data import Attribute, Diagnosis
from matrix.model import Fix


def fixes_of(diagnosis: Diagnosis) -> tuple[Fix, ...]:
    """What may bring a file back: candidates, no proof.

    An attribute that the reader looks for and the file lacks may be one that goes by another name
    there; what the reader's own model has otherwise is taken over as far as it is plain. Only what
    the reader's code speaks of; what the file lacks comes before what it has otherwise.
    """
    read = (one for one in diagnosis.own if one.read)
    changes = sorted(read, key=lambda one: one.before is not None)
    plain = (
        Fix(path=one.path, name=one.name, value=value, named=True)
        for one in changes
        if one.before is None or list(_plain(one.before))
        for value in _plain(one.after)
    )
    return (*_renamed(diagnosis), *plain)


def _renamed(diagnosis: Diagnosis) -> Iterator[Fix]:
    """The one attribute that a part lacks, from the one that is not read there any more."""
    for had in diagnosis.unread:
        here = (had.path, had.kind)
        others = [one for one in diagnosis.unread if (one.path, one.kind) == here]
        lacking = [
            one for one in diagnosis.missing if (one.path, one.kind) == here and not one.parameter
        ]
        if len(others) == len(lacking) == 1:
            square = had.before is not None and _is_square(had.before)
            of = f"{had.name}.diagonal()" if square else had.name
            yield Fix(path=had.path, name=lacking[0].name, of=of, named=True)


def _is_square(attribute: Attribute) -> bool:
    """Of as many rows as columns: what is a column of weights now may have been on its diagonal."""
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
