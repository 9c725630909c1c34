"""imbalanced-learn; its pipelines resample while they are fitted."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="imbalanced-learn",
    modules=("imblearn",),
    brings=("sklearn_compat",),
)
