"""category_encoders; its encoders keep the categories of each column by its name."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="category-encoders",
    modules=("category_encoders",),
    brings=("patsy", "statsmodels"),
)
