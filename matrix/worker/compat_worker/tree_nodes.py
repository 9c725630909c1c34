"""Read the trees of a fitted model in one form: those of scikit-learn, xgboost and LightGBM.

Every tree is an array of nodes. A row goes from an inner node to the left if its value is at most
``below`` (the largest value that goes left) and to the right from ``above`` on (the smallest one
that goes right). The two are neighbours in the precision in which the tree compares.
"""

from typing import Any, List, Optional

import numpy as np

from compat_worker import booster_faults, foreign_estimators, input_spec

LEAF = -1

MAX_NODES = 400000
"""Nodes of all trees of one model that are read, at most."""


class TreeNodes:
    """One tree.

    Args:
        feature: by node, the position of its feature, or LEAF.
        below: by node, the largest value that goes left.
        above: by node, the smallest value that goes right.
        left: by node, its left child.
        right: by node, its right child.
        missing_left: by node, whether a missing value goes left; None if missing values raise.
        plain: by node, whether it compares a number; others (categories) are not described.
    """

    def __init__(
        self,
        feature: Any,
        below: Any,
        above: Any,
        left: Any,
        right: Any,
        missing_left: Any = None,
        plain: Any = None,
    ) -> None:
        self.feature = np.asarray(feature, dtype=np.int64)
        self.below = np.asarray(below, dtype=np.float64)
        self.above = np.asarray(above, dtype=np.float64)
        self.left = np.asarray(left, dtype=np.int64)
        self.right = np.asarray(right, dtype=np.int64)
        self.missing_left = None if missing_left is None else np.asarray(missing_left, dtype=bool)
        self.plain = np.ones(len(self.feature), bool) if plain is None else np.asarray(plain, bool)

    @property
    def leaves(self) -> Any:
        """The positions of the leaves."""
        return np.flatnonzero(self.feature == LEAF)

    def apply(self, rows: Any) -> Any:
        """By row of a two-dimensional float64 array, the leaf that it reaches."""
        at = np.zeros(len(rows), dtype=np.int64)
        every = np.arange(len(rows))
        for _ in range(len(self.feature)):
            feature = self.feature[at]
            inner = feature != LEAF
            if not inner.any():
                break
            here, node = every[inner], at[inner]
            values = rows[here, feature[inner]]
            to_left = values <= self.below[node]
            if self.missing_left is not None:
                to_left = np.where(np.isnan(values), self.missing_left[node], to_left)
            at[inner] = np.where(to_left, self.left[node], self.right[node])
        return at


def trees_of(step: Any) -> List[TreeNodes]:
    """The trees of one estimator, or of the trees directly in it; empty if it has none."""
    found = _own(step)
    total = sum(len(tree.feature) for tree in found)
    every = max(1, -(-total // MAX_NODES))
    return found[::every]


def _own(step: Any) -> List[TreeNodes]:
    tree = input_spec.get(step, "tree_")
    if hasattr(tree, "threshold") and hasattr(tree, "children_left"):
        return [_sklearn_tree(tree)]
    rounds = input_spec.get(step, "_predictors")
    if rounds is not None:
        return [_boosting_tree(one) for each in rounds for one in each]
    booster = foreign_estimators.booster_of(step)
    if booster_faults.kind(booster) == "xgboost":
        return [_xgboost_tree(one) for one in booster_faults.xgboost_trees(booster)]
    if booster_faults.kind(booster) == "lightgbm":
        return [
            one
            for one in map(_lightgbm_tree, booster_faults.lightgbm_trees(booster))
            if one is not None
        ]
    return []


def _sklearn_tree(tree: Any) -> TreeNodes:
    left = np.asarray(tree.children_left)
    threshold = np.asarray(tree.threshold, dtype=np.float64)
    with np.errstate(over="ignore"):
        # Trees cast their input to float32 and compare with <=.
        below = threshold.astype(np.float32)
        below = np.where(below > threshold, np.nextafter(below, np.float32(-np.inf)), below)
        above = np.nextafter(below, np.float32(np.inf))
    feature = np.where(left < 0, LEAF, np.asarray(tree.feature))
    missing = getattr(tree, "missing_go_to_left", None)
    return TreeNodes(feature, below, above, left, np.asarray(tree.children_right), missing)


def _boosting_tree(predictor: Any) -> TreeNodes:
    nodes = predictor.nodes
    names = nodes.dtype.names
    below = nodes["num_threshold" if "num_threshold" in names else "threshold"]
    feature = np.where(nodes["is_leaf"] != 0, LEAF, nodes["feature_idx"].astype(np.int64))
    missing = nodes["missing_go_to_left"] if "missing_go_to_left" in names else None
    plain = nodes["is_categorical"] == 0 if "is_categorical" in names else None
    above = np.nextafter(below, np.inf)
    return TreeNodes(feature, below, above, nodes["left"], nodes["right"], missing, plain)


def _xgboost_tree(tree: Any) -> TreeNodes:
    left = np.asarray(tree["left_children"])
    above = np.asarray(tree["split_conditions"], dtype=np.float32)  # < goes left
    below = np.nextafter(above, np.float32(-np.inf))
    feature = np.where(left < 0, LEAF, np.asarray(tree["split_indices"]))
    plain = np.asarray(tree.get("split_type") or np.zeros(len(left))) == 0
    missing = np.asarray(tree["default_left"]) != 0
    return TreeNodes(feature, below, above, left, tree["right_children"], missing, plain)


def _lightgbm_tree(tree: Any) -> Optional[TreeNodes]:
    """Inner nodes come first; a child -1 is leaf 0, which stands behind the inner nodes."""
    leaves = int(tree["num_leaves"][0])
    if leaves < 2:
        return None
    inner = leaves - 1

    def padded(values: Any, dtype: Any, fill: Any) -> Any:
        return np.concatenate([np.array(values, dtype=dtype), np.full(leaves, fill, dtype=dtype)])

    def child(values: Any) -> Any:
        places = np.array(values, dtype=np.int64)
        return padded(np.where(places < 0, inner - 1 - places, places), np.int64, -1)

    kinds = np.array(tree["decision_type"], dtype=np.int64)
    below = padded(tree["threshold"], np.float64, np.nan)
    # Bit 0: a category; bit 1: a missing value goes left; bits 2 and 3: what counts as missing.
    # Where nothing does, NaN is read as 0.
    zero_left = np.array(tree["threshold"], dtype=np.float64) >= 0
    missing = np.where((kinds >> 2) & 3 == 0, zero_left, (kinds >> 1) & 1 == 1)
    return TreeNodes(
        padded(tree["split_feature"], np.int64, LEAF),
        below,
        np.nextafter(below, np.inf),
        child(tree["left_child"]),
        child(tree["right_child"]),
        padded(missing, bool, False),
        padded(kinds & 1 == 0, bool, True),
    )
