"""Explain a cell: look inside its file, and collect what is known in an explanation."""

from matrix.explain.explanation import explanation_of
from matrix.explain.searching import SEARCHED, search
from matrix.explain.traces import diagnose_cell

__all__ = ["SEARCHED", "diagnose_cell", "explanation_of", "search"]
