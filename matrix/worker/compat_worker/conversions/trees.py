"""Trees: the layout of nodes (1.3), values as shares (1.3), and forests of older releases."""

from typing import Any

import numpy as np

from compat_worker.conversions.conversion import Conversion, own

_RENAMED = {"threshold": "num_threshold"}


def stand_in(tree: Any) -> Any:
    """A subclass of the compiled ``Tree`` that takes nodes of another layout.

    Args:
        tree: the class of this release.
    """

    class AnyLayoutTree(tree):  # type: ignore[misc]
        """Is replaced by a plain ``Tree`` after loading: see :func:`_plain_tree`."""

        def __setstate__(self, state: Any) -> None:
            nodes, layout = state["nodes"], _layout()
            self.converted = nodes.dtype != layout
            super().__setstate__(dict(state, nodes=fields_copied(nodes, layout)))

    AnyLayoutTree.plain = tree
    return AnyLayoutTree


def _layout() -> Any:
    """The type of a node in this release."""
    from sklearn.tree import _tree

    known = getattr(_tree, "NODE_DTYPE", None)
    if known is not None:
        return np.dtype(known)
    small = _tree.Tree(1, np.array([1], dtype=np.intp), 1)
    return small.__getstate__()["nodes"].dtype


def fields_copied(nodes: Any, layout: Any) -> Any:
    """The nodes in another layout: fields of the same name copied, new ones zero."""
    if nodes.dtype == layout:
        return nodes
    found = np.zeros(nodes.shape, dtype=layout)
    for name in nodes.dtype.names:
        target = name if name in layout.names else _RENAMED.get(name)
        if target in layout.names:
            found[target] = nodes[name]
    return found


def _plain_tree(one: Any) -> bool:
    """Put a ``Tree`` of this release in the place of the stand-in, with the same nodes."""
    tree = own(one).get("tree_")
    plain = getattr(type(tree), "plain", None)
    if plain is None:
        return False
    _, arguments, state = tree.__reduce__()[:3]
    made = plain(*arguments)
    made.__setstate__(state)
    one.tree_ = made
    return bool(tree.converted)


def _shares(one: Any) -> bool:
    """Divide the values of each node by their sum: since 1.3 they are shares of the classes."""
    if not _counts_classes(one):
        return False
    values = one.tree_.value
    sums = values.sum(axis=2, keepdims=True)
    if np.allclose(sums, 1.0, rtol=1e-9, atol=1e-12):
        return False
    values /= np.where(sums == 0.0, 1.0, sums)
    return True


def _counts_classes(one: Any) -> bool:
    state = own(one)  # until 0.21 trees of numbers have the classes None
    return state.get("classes_") is not None and hasattr(state.get("tree_"), "value")


_TREES = ("BaseDecisionTree",)

CONVERSIONS = (
    Conversion("tree-layout-1.3", _TREES, _plain_tree, "the nodes of trees have the new layout"),
    Conversion(
        "tree-values-1.3",
        _TREES,
        _shares,
        "the values of each node of a tree are divided by their sum",
    ),
)
