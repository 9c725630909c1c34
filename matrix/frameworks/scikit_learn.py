"""scikit-learn; its version stands in the state of each of its estimators."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="scikit-learn",
    modules=("sklearn", "_loss"),  # the second: some compiled classes are saved under that name
    brings=("numpy", "scipy", "joblib", "threadpoolctl"),
)
