"""interpret-core, which has the module ``interpret`` and its explainable boosting machines.

The distribution ``interpret`` adds only what draws explanations, and needs gevent, which has no
wheel for every Python.
"""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="interpret-core",
    modules=("interpret",),
)
