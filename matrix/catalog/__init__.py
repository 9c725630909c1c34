"""Configuration becomes nouns: environments wanted, pipelines, formats, limits.

:func:`read` is the door. It reads and checks everything before anything is done, starts no process
and imports no pipeline.
"""

from __future__ import annotations

from matrix.catalog.nouns import Catalog, Limits, ToleranceRule, Tolerances, Trust
from matrix.catalog.reading import default, find, read, read_or_default, with_reference_pipelines

__all__ = [
    "Catalog",
    "Limits",
    "ToleranceRule",
    "Tolerances",
    "Trust",
    "default",
    "find",
    "read",
    "read_or_default",
    "with_reference_pipelines",
]
