"""skrub; it encodes DataFrames."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="skrub",
    modules=("skrub",),
)
