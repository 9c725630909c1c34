"""mlxtend; it has ensembles, feature selection and transformers."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="mlxtend",
    modules=("mlxtend",),
)
