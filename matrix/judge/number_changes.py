"""How far the numbers of an output moved, for a histogram and a plot of before against after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matrix.judge.tolerance import Numbers
from matrix.model import NumberChanges

STEPS = (1e-12, 1e-9, 1e-6, 1e-3, 1e-2, 1e-1)
"""Where the steps of the histogram begin, after ``the same`` and ``smaller``."""
_LARGEST, _SPREAD = 8, 16
"""Pairs that are kept: those that moved most, and others evenly over the values before."""


def number_changes(parts: Sequence[tuple[Numbers, Numbers]]) -> NumberChanges | None:
    """Return the histogram and some pairs of the numbers of an output; None without numbers.

    Args:
        parts: before and after, of the same shape and without missing values.
    """
    if not parts:
        return None
    before, after = (np.concatenate([part[side].ravel() for part in parts]) for side in (0, 1))
    if not before.size:
        return None
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        apart = np.where(before == after, 0.0, np.abs(before - after))
        largest = np.maximum(np.abs(before), np.abs(after))
        relative = np.where(apart == 0.0, 0.0, np.where(np.isinf(apart), 1.0, apart / largest))
    step = np.where(relative == 0.0, 0, 1 + np.searchsorted(STEPS, relative, side="right"))
    counts = np.bincount(step, minlength=len(STEPS) + 2)
    finite = np.isfinite(before) & np.isfinite(after)
    return NumberChanges(
        counts=tuple(int(n) for n in counts),
        pairs=_pairs(before[finite], after[finite]),
    )


def _pairs(before: Numbers, after: Numbers) -> tuple[tuple[float, float], ...]:
    """Return some pairs in the order of the values before, with four digits each."""
    by_value = np.argsort(before, kind="stable")
    if len(before) > _LARGEST + _SPREAD:
        moved = np.argsort(-np.abs(before - after), kind="stable")[:_LARGEST]
        even = by_value[np.linspace(0, len(before) - 1, _SPREAD).round().astype(int)]
        kept = set(moved.tolist()) | set(even.tolist())
        by_value = np.array([place for place in by_value.tolist() if place in kept])
    return tuple((_short(before[place]), _short(after[place])) for place in by_value.tolist())


def _short(value: float) -> float:
    return float(f"{value:.4g}")
