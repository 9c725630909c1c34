"""How far two numbers may be apart and still be rounding noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOAT32_RTOL = 1e-4
"""Single precision drifts by 1e-6 from the linear algebra library alone; measured on real releases."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """Two numbers are close if ``|a - b| <= rtol * max(|a|, |b|) + atol * scale``.

    ``scale`` is the largest finite magnitude in the output before saving, so that ``atol`` forgives
    noise around zero without forgiving a change in an output whose numbers are all small.
    Gaussian processes, mixtures, PCA and networks drift by up to 1e-8 relative from BLAS alone.
    """

    rtol: float = 1e-6
    atol: float = 1e-8

    def close(self, before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Element by element, for two arrays of one shape without NaN; infinities must be equal."""
        finite = np.isfinite(before)
        scale = float(np.max(np.abs(before[finite]))) if finite.any() else 0.0
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(before - after)
            allowed = self.rtol * np.maximum(np.abs(before), np.abs(after)) + self.atol * scale
            near = apart <= allowed
        both = finite & np.isfinite(after)
        return np.where(both, near, before == after)

    def for_single_precision(self) -> Tolerance:
        """The same, but not finer than single precision can hold."""
        return Tolerance(
            rtol=max(self.rtol, FLOAT32_RTOL), atol=max(self.atol, FLOAT32_RTOL / 10)
        )
