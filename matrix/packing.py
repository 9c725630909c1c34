"""Cells as the store keeps them: short, and what many of them share is said once.

A cell becomes JSON texts: its own part, without what is as in most cells; the exception, or null;
then the warnings one by one. Beside a batch of such cells their shared parts are listed once, and
each cell names them by their places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matrix.documents import (
    Json,
    cell_from_parts,
    cell_to_dict,
    encode,
    failure_from_dict,
    warning_from_dict,
)
from matrix.model import Cell, Failure, Verdict, WarningSeen


def pack(cell: Cell) -> list[str]:
    """A cell as its texts, none of which has a line break."""
    own, shared = _divided(cell)
    less = {key: value for key, value in own.items() if key not in _USUAL or value != _USUAL[key]}
    return [encode(less), *map(encode, shared)]


def unpack(shared: list[Json | None], cells: list[list[Any]], *, cached: bool) -> Iterator[Cell]:
    """The cells of a batch.

    Args:
        shared: the parts that they name.
        cells: for each its own part, and the places of those that it shares.
        cached: all of them are of an earlier run.
    """
    parts: list[Any] = [_part(part) for part in shared]
    over = {"cached": True} if cached else {}
    for own, exception, *warnings in cells:
        yield cell_from_parts(
            {**_USUAL, **own, **over},
            parts[exception],
            tuple([parts[place] for place in warnings]),
        )


def _divided(cell: Cell) -> tuple[Json, list[Json | None]]:
    own = cell_to_dict(cell)
    exception, warnings = own.pop("exception"), own.pop("warning_details")
    del own["warnings"]  # their names again
    return own, [exception, *warnings]


def _part(part: Json | None) -> Failure | WarningSeen | None:
    if part is None:
        return None
    return warning_from_dict(part) if "category" in part else failure_from_dict(part)


_USUAL, _ = _divided(
    Cell(pipeline="", format="joblib", writer="", reader="", verdict=Verdict.IDENTICAL)
)
"""What is left out where it is the same."""
