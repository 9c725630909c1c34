"""Which numbers are close: the formula of :class:`matrix.model.Tolerance`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matrix.model import Tolerance


def close(
    before: NDArray[np.float64], after: NDArray[np.float64], tolerance: Tolerance
) -> NDArray[np.bool_]:
    """Element by element, for two arrays of one shape without NaN; infinities must be equal."""
    size = np.abs(before)
    finite = np.isfinite(size)
    scale = float(size.max(where=finite, initial=0.0))
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.maximum(size, np.abs(after))
        near = np.abs(before - after) <= tolerance.rtol * largest + tolerance.atol * scale
    return np.where(finite & np.isfinite(after), near, before == after)


def for_single_precision(tolerance: Tolerance) -> Tolerance:
    """The same, but not finer than single precision can hold."""
    rtol = max(tolerance.rtol, tolerance.float32_rtol)
    return Tolerance(rtol=rtol, atol=max(tolerance.atol, tolerance.float32_rtol / 10))
