"""sktime; its estimators take time series."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="sktime",
    modules=("sktime",),
    brings=("skbase",),
)
