"""scikit-optimize; its searches keep the models and the space of their search."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="scikit-optimize",
    modules=("skopt",),
)
