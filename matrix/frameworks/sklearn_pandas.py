"""sklearn-pandas; its mapper gives columns of a DataFrame to transformers."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="sklearn-pandas",
    modules=("sklearn_pandas",),
    needs={"": ("six",)},
)
