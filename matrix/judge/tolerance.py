"""Which numbers are close: the formula of :class:`matrix.model.Tolerance`, column by column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matrix.model import Tolerance

Numbers = NDArray[np.float64]

_ORDINARY = 0.75
"""The scale of a column is this quantile of its magnitudes that are not zero: up to a quarter of
its values may lie far outside without widening the tolerance of the others."""

_SUMMED = 8
"""Rounding errors of a sum, in units of the last place of its largest term."""
_SUMMED_SHARE = 0.2
"""Of ``rtol`` at the column's own scale: errors of sums never forgive more than that."""

_CANCELLED = 64
"""What remains where terms cancel to zero, in units of the last place of the largest number."""
_CANCELLED_MOST = 1e-12
_CANCELLED_MOST_PLACES = 8
"""But no more than the larger of these, the second in units of the last place of one: a time stamp
of 1e18 forgives nothing elsewhere."""


def close(
    before: Numbers,
    after: Numbers,
    tolerance: Tolerance,
    *,
    epsilon: float = 2.0**-52,
    columns: NDArray[np.intp] | None = None,
) -> NDArray[np.bool_]:
    """Tell element by element whether two numbers differ by rounding noise alone.

    Args:
        before, after: two arrays of one shape without NaN; rows lie along the first axis, and what
            has the same place in every row is a column. Infinities must be equal.
        tolerance: what counts as noise.
        epsilon: the spacing of numbers at 1.0 in the precision in which they were computed.
        columns: for the values of a sparse matrix, which are one-dimensional, the column of each.

    Returns:
        An array of the same shape.
    """
    size = np.abs(before)
    finite = np.isfinite(size) & np.isfinite(after)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(before - after)
        near = apart <= tolerance.rtol * np.maximum(size, np.abs(after))
    near = np.where(finite, near, before == after)
    if near.all():
        return near
    ordinary_size = np.where(np.isfinite(size), size, 0.0)
    scale = scale_of(ordinary_size) if columns is None else _scale_within(ordinary_size, columns)
    allowed = _noise(scale, float(ordinary_size.max(initial=0.0)), tolerance, epsilon)
    return near | (finite & (apart <= tolerance.rtol * np.maximum(size, np.abs(after)) + allowed))


def _noise(scale: Numbers, largest: float, tolerance: Tolerance, epsilon: float) -> Numbers:
    """How far numbers may be apart whatever their own magnitude, by the scale of their columns."""
    summed = np.minimum(_SUMMED * epsilon * largest, _SUMMED_SHARE * tolerance.rtol * scale)
    most = max(_CANCELLED_MOST, _CANCELLED_MOST_PLACES * epsilon)
    cancelled = min(_CANCELLED * epsilon * largest, most)
    return np.asarray(tolerance.atol * scale + summed + cancelled)


def scale_of(size: Numbers) -> Numbers:
    """Return the scale of each column.

    Args:
        size: finite magnitudes; rows lie along the first axis.

    Returns:
        One number a column, in the shape of a row: the lower 0.75-quantile of the magnitudes that
        are not zero; zero for a column of zeros.
    """
    if size.ndim == 0 or not size.size:
        return size
    ascending = np.sort(size, axis=0)
    nonzero = np.count_nonzero(ascending, axis=0)
    at = len(ascending) - nonzero + (_ORDINARY * np.maximum(nonzero - 1, 0)).astype(np.intp)
    at = np.minimum(at, len(ascending) - 1)
    scale: Numbers = np.take_along_axis(ascending, at[np.newaxis], axis=0)[0]
    return scale


def _scale_within(size: Numbers, columns: NDArray[np.intp]) -> Numbers:
    """Return the scale of its column for each of the values of a sparse matrix."""
    order = np.lexsort((size, columns))
    ascending, sorted_columns = size[order], columns[order]
    starts = np.flatnonzero(np.diff(sorted_columns, prepend=-1))
    counts = np.diff(starts, append=len(size))
    nonzero = np.add.reduceat(ascending > 0, starts)
    at = starts + counts - nonzero + (_ORDINARY * np.maximum(nonzero - 1, 0)).astype(np.intp)
    scales = ascending[np.minimum(at, starts + counts - 1)]
    scale = np.empty_like(size)
    scale[order] = np.repeat(scales, counts)
    return scale


def for_single_precision(tolerance: Tolerance) -> Tolerance:
    """Return the same tolerance, but not finer than single precision can hold."""
    rtol = max(tolerance.rtol, tolerance.float32_rtol)
    return Tolerance(rtol=rtol, atol=max(tolerance.atol, tolerance.float32_rtol / 10))
