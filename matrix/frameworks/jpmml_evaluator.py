"""jpmml-evaluator; it runs PMML models in Java, without the library that trained them."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="jpmml-evaluator",
    modules=("jpmml_evaluator",),
    # The first calls Java in the same process; early releases do not declare it.
    needs={"": ("jpype1", "numpy", "pandas", "scipy")},
    runs=("pmml",),
    leads=True,
    native=frozenset({("jpmml_evaluator", "make_evaluator")}),
)
