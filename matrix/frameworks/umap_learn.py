"""umap-learn; its embeddings keep a graph of neighbors and compiled functions."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="umap-learn",
    modules=("umap",),
    brings=("pynndescent", "numba", "llvmlite"),
)
