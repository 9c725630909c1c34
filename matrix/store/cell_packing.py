"""Pack cells for the store: common values are left out, and shared parts are written once.

A cell becomes JSON texts: its own fields, without those with the most common value; the exception,
or null; then the warnings one by one. Each batch of cells lists the shared parts once, and each
cell refers to them by their positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cattrs import override

from matrix.model import Cell, Failure, Verdict, WarningSeen
from matrix.model.codec import Json, cell_reader, encode, from_json, to_json


def pack(cell: Cell) -> list[str]:
    """The JSON texts of a cell: its own fields, then its shared parts; none has a line break."""
    own, shared = _divided(cell)
    rare = {key: value for key, value in own.items() if key not in _USUAL or value != _USUAL[key]}
    return [encode(rare), *map(encode, shared)]


def unpack(shared: list[Json | None], cells: list[list[Any]], *, cached: bool) -> Iterator[Cell]:
    """The cells of a batch.

    Args:
        shared: the parts that the cells refer to.
        cells: for each its own fields, and the positions of the parts it shares.
        cached: whether all of them come from an earlier run.
    """
    parts: list[Any] = [_part(part) for part in shared]
    over = {"cached": True} if cached else {}
    for own, exception, *warnings in cells:
        whole = {
            **_USUAL,
            **own,
            **over,
            "exception": parts[exception],
            "warning_details": tuple([parts[position] for position in warnings]),
        }
        yield _read(whole, Cell)


def _as_it_is(value: Any, _: object) -> Any:
    """Hook for parts that :func:`_part` has read."""
    return value


_read = cell_reader(
    exception=override(struct_hook=_as_it_is),
    warnings=override(rename="warning_details", struct_hook=_as_it_is),
)


def _divided(cell: Cell) -> tuple[Json, list[Json | None]]:
    own = to_json(cell)
    exception, warnings = own.pop("exception"), own.pop("warning_details")
    del own["warnings"]  # the categories of the warnings again
    return own, [exception, *warnings]


def _part(part: Json | None) -> Failure | WarningSeen | None:
    if part is None:
        return None
    return from_json(part, WarningSeen) if "category" in part else from_json(part, Failure)


_USUAL, _ = _divided(
    Cell(pipeline="", format="joblib", writer="", reader="", verdict=Verdict.IDENTICAL)
)
"""The fields that are left out where they have these values."""
