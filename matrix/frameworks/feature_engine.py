"""feature_engine; its transformers select columns of a DataFrame by name."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="feature-engine",
    modules=("feature_engine",),
    brings=("statsmodels",),
)
