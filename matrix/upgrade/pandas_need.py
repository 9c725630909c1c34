"""Whether an upgrade check needs pandas: it is a quarter of what an environment takes to import.

pandas is left out only where nothing can need it, so that no verdict becomes weaker: the data is no
table, and the file shows a model of scikit-learn's own classes that was not fitted on a DataFrame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from matrix.inspection import Inspection, ModelNode
from matrix.upgrade.answer import Model

_WITHOUT = frozenset({"sklearn", "numpy", "scipy", "joblib", "keras"})
"""Modules whose estimators take arrays."""
_ARRAYS = frozenset({".npy", ".npz", ".txt"})
"""Endings of data that is read without pandas."""
_OF_FRAMES = frozenset({"feature_names_in_", "_feature_names_in", "_sklearn_output_config"})
"""Attributes of a model that was fitted on a DataFrame, or returns one."""
_ANY_TABLE = ("sklearn.compose.", "sklearn.preprocessing._function_transformer.")
"""Modules with classes that may select columns by name or call the user's own function."""


def needs_pandas(models: Iterable[Model], data: Path | None, expected: Path | None) -> bool:
    """Tell whether the environments of a check need pandas.

    Args:
        models: what is checked.
        data: the file of ``--data``.
        expected: the file of ``--expected``.
    """
    if data is not None and data.suffix.lower() not in _ARRAYS:
        return True
    return expected is not None or any(
        _needs(model.inspection) or (model.example is not None and model.example.suffix == ".csv")
        for model in models
    )


def _needs(inspection: Inspection | None) -> bool:
    if inspection is None:
        return False  # the file cannot be read, so nothing of it is loaded
    if inspection.portable is not None:
        return False  # a runtime has it of its own
    if inspection.code or not set(inspection.modules) <= _WITHOUT:
        return True
    return any(_takes_frames(node) for node in _nodes(inspection.root))


def _takes_frames(node: ModelNode) -> bool:
    if node.hidden or node.columns or node.kind.startswith(_ANY_TABLE):
        return True
    return not _OF_FRAMES.isdisjoint(node.fitted)


def _nodes(node: ModelNode) -> Iterator[ModelNode]:
    yield node
    for child in node.children:
        yield from _nodes(child)
