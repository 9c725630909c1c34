"""What each environment does in a run: all load, and those with scikit-learn save too."""

from __future__ import annotations

from matrix.frameworks import RUNTIMES
from matrix.model import Environment


def saves(environment: Environment) -> bool:
    """Whether models are trained and saved there: it has scikit-learn."""
    return environment.spec.framework not in RUNTIMES


def loads_format(environment: Environment, format_name: str) -> bool:
    """Whether files of a format can be loaded there: a runtime loads those that it runs."""
    runtime = RUNTIMES.get(environment.spec.framework)
    return runtime is None or format_name in runtime.runs


def has_cell(writer: Environment, reader: Environment, format_name: str) -> bool:
    """Whether the matrix has a cell for this format and pair."""
    return saves(writer) and loads_format(reader, format_name)
