"""Reads the configuration into data types: requested environments, pipelines, formats, limits.

:func:`read` is the entry point. It reads and checks everything first, starts no process and imports
no pipeline.
"""

from __future__ import annotations

from matrix.catalog.config_reader import (
    default,
    find,
    read,
    read_or_default,
    with_reference_pipelines,
)
from matrix.catalog.configuration import (
    Catalog,
    NamedBy,
    ToleranceRule,
    Tolerances,
    Trust,
    WorkerLimits,
)

__all__ = [
    "Catalog",
    "NamedBy",
    "ToleranceRule",
    "Tolerances",
    "Trust",
    "WorkerLimits",
    "default",
    "find",
    "read",
    "read_or_default",
    "with_reference_pipelines",
]
