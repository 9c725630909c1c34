"""Which rows of an output changed most, for people to see with their own eyes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matrix.judge.content import Leaf, MethodOutput
from matrix.model import RowChange

_ENTRIES = 4
"""So many entries of a row are shown, around the one that changed most."""
_INPUTS = 8
"""So many inputs of a row are shown."""
_LONGEST = 80
"""Characters of one input."""


def worst_rows(before: MethodOutput, after: MethodOutput, most: int = 3) -> tuple[RowChange, ...]:
    """The rows that changed most, the worst first; none where they cannot be put side by side.

    Args:
        before, after: what one method returned in two environments.
        most: how many.
    """
    changes: dict[int, tuple[float, RowChange]] = {}
    for left, right in _pairs(before, after):
        apart = _apart(left.array, right.array)
        by_row = apart.reshape(len(apart), -1).max(axis=1, initial=0.0)
        for row in np.argsort(-by_row, kind="stable")[:most]:
            amount, position = float(by_row[row]), int(row)
            if amount > changes.get(position, (0.0, None))[0]:
                changes[position] = amount, _change(position, left.array, right.array, apart)
    worst = sorted(changes.values(), key=lambda found: (-found[0], found[1].row))
    return tuple(change for _, change in worst[:most])


def with_inputs(
    changes: Iterable[RowChange], rows: MethodOutput, truth: MethodOutput | None
) -> tuple[RowChange, ...]:
    """The same changes with what their rows hold, and with the true answers as far as known.

    Args:
        changes: as :func:`worst_rows` gives them.
        rows: the rows that the outputs were computed on.
        truth: the true answers of the first rows; None if there are none.
    """
    return tuple(
        replace(
            one, inputs=row_text(rows, one.row), truth="" if truth is None else _true(truth, one)
        )
        for one in changes
    )


def row_text(rows: MethodOutput, row: int) -> str:
    """What one row holds: ``age 31, city Oslo``; empty if it cannot be shown.

    Of a table the columns with their names; of an array the values, and of a wide one those that
    are not zero, each with its place; of texts the text.
    """
    leaves = {leaf.place: leaf.array for leaf in rows.leaves}
    if "column names" in leaves:
        names = [str(name) for name in leaves["column names"].tolist()]
        entries = [_table_entry(leaves, place, row) for place in range(len(names))]
        pairs = zip(names, entries, strict=True)
        return _joined([f"{name} {entry}" for name, entry in pairs if entry is not None])
    if len(rows.leaves) != 1 or rows.leaves[0].columns is not None:
        return ""
    values = rows.leaves[0].array
    if not values.ndim or len(values) <= row:
        return ""
    one = np.asarray(values[row]).reshape(-1)
    if len(one) > _INPUTS and one.dtype.kind in "biufc":
        places = np.flatnonzero(one)
        return _joined([f"[{place}] {_entry(one[place])}" for place in places[: _INPUTS + 1]])
    return _joined([_entry(value) for value in one])


def _table_entry(leaves: Mapping[str, NDArray[Any]], column: int, row: int) -> str | None:
    """The value of a table at a column and a row; None if it is not plain."""
    place = f"column {column}"
    for name in (f"{place} texts", place):  # numbers among texts are kept apart from them
        values = leaves.get(name)
        if values is None or values.ndim != 1 or row >= len(values):
            continue
        if name == place or values[row] != "float":
            return _untagged(_entry(values[row]))
    return None


def _untagged(text: str) -> str:
    """A value without the kind that is written before it in a column of several kinds."""
    kind, _, value = text.partition(":")
    return value if kind in ("str", "int", "bool", "none", "stamp", "float") else text


def _joined(entries: list[str]) -> str:
    some = [_cut(text) for text in entries[:_INPUTS]]
    return ", ".join([*some, "…"] if len(entries) > _INPUTS else some)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _true(truth: MethodOutput, change: RowChange) -> str:
    if len(truth.leaves) != 1:
        return ""
    values = truth.leaves[0].array
    return _text(values[change.row], 0) if values.ndim and change.row < len(values) else ""


def _pairs(before: MethodOutput, after: MethodOutput) -> Iterator[tuple[Leaf, Leaf]]:
    if len(before.leaves) != len(after.leaves):
        return
    for left, right in zip(before.leaves, after.leaves, strict=True):
        alike = left.array.shape == right.array.shape and left.sort == right.sort
        if alike and left.array.ndim and left.array.size:
            yield left, right


def _apart(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.float64]:
    """How far apart each entry is: a text or a label that differs is as far as can be."""
    if left.dtype.kind not in "fc":
        return np.where(left != right, np.inf, 0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        found = np.abs(np.asarray(left, dtype=np.complex128) - right)
    missing = np.isnan(left) != np.isnan(right)
    found = np.where(missing | np.isinf(found), np.inf, found)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    return np.where(same, 0.0, found).astype(np.float64)


def _change(
    row: int, left: NDArray[Any], right: NDArray[Any], apart: NDArray[np.float64]
) -> RowChange:
    width = apart[row].size
    start = max(0, min(int(np.argmax(apart[row])) - _ENTRIES // 2, width - _ENTRIES))
    return RowChange(row=row, before=_text(left[row], start), after=_text(right[row], start))


def _text(values: Any, start: int) -> str:
    flat = np.asarray(values).reshape(-1)
    if not np.ndim(values):
        return _entry(flat[0])
    shown = [_entry(value) for value in flat[start : start + _ENTRIES]]
    before = ["…"] if start else []
    after = ["…"] if start + _ENTRIES < len(flat) else []
    return f"[{', '.join(before + shown + after)}]"


def _entry(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, np.floating) else str(value)
