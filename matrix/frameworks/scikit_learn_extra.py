"""scikit-learn-extra; it clusters around medoids."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="scikit-learn-extra",
    modules=("sklearn_extra",),
)
