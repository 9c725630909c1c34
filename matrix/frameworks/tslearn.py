"""tslearn; its estimators take time series."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="tslearn",
    modules=("tslearn",),
    brings=("numba",),
)
