"""prophet; its models hold the series that they were fitted on, and the Stan fit of it."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="prophet",
    modules=("prophet",),
    brings=("cmdstanpy", "stanio"),
)
