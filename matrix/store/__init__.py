"""Results and artifacts on disk."""

from matrix.store.store import Store

__all__ = ["Store"]
