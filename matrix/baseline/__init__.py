"""Baselines, and results compared with them or with each other.

A baseline is a file for review in a diff: all cells that are not safe, a line for each pipeline and
verdict, and the cells that people accept. Pure but for reading that file; the caller passes today.
"""

from __future__ import annotations

from matrix.baseline.baseline import Baseline, of_matrix, updated
from matrix.baseline.baseline_file import read, written
from matrix.baseline.compare import compare

__all__ = ["Baseline", "compare", "of_matrix", "read", "updated", "written"]
