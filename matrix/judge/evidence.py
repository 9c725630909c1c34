"""Which rows of an output changed most, for people to see with their own eyes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matrix.judge.content import Leaf, MethodOutput
from matrix.model import RowChange

_ENTRIES = 4
"""So many entries of a row are shown, around the one that changed most."""


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
