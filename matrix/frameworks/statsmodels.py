"""statsmodels; its results keep the model and its data."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="statsmodels",
    modules=("statsmodels",),
    brings=("patsy",),
)
