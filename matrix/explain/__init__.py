"""Explain a cell: look inside its file, and collect what is known in an explanation."""

from matrix.explain.explanation import explanation_of
from matrix.explain.searching import CONVERTED, SEARCHED, is_converted, search
from matrix.explain.traces import diagnose_cell

__all__ = [
    "CONVERTED",
    "SEARCHED",
    "diagnose_cell",
    "explanation_of",
    "is_converted",
    "search",
]
