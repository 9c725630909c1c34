"""Configuration becomes nouns: environments wanted, pipelines, formats, limits.

:func:`read` is the door. It reads and checks everything before anything is done, starts no process
and imports no pipeline.
"""

from __future__ import annotations

from matrix.catalog.nouns import Catalog, Limits, ToleranceRule, Tolerances
from matrix.catalog.reading import default, find, read

__all__ = ["Catalog", "Limits", "ToleranceRule", "Tolerances", "default", "find", "read"]
