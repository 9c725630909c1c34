"""interpret; it has explainable boosting machines."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="interpret",
    modules=("interpret",),
)
