"""hdbscan; its clusterings have no output method but keep what predictions need."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="hdbscan",
    modules=("hdbscan",),
)
