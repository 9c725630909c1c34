"""Rules that infer what rows have to cover: the leaves of trees, and kept rows of neighbours.

Like those of :mod:`compat_worker.estimator_rules`, they look at attributes rather than at classes.
"""

from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from compat_worker import (
    booster_faults,
    foreign_estimators,
    input_model,
    input_spec,
    tree_nodes,
)
from compat_worker.coverage_rows import MAX_KEPT, ColumnTree
from compat_worker.input_model import Feature, InputModel, Space
from compat_worker.tree_nodes import TreeNodes


def infer_trees(step: Any, space: Space, found: InputModel) -> None:
    """Add the trees of an estimator, or of the trees directly in an ensemble, each once."""
    members = [step]
    if input_spec.get(step, "estimators_") is not None:
        members += list(np.ravel(np.asarray(step.estimators_, dtype=object)))
    subsets = input_spec.get(step, "estimators_features_")
    new: List[Tuple[TreeNodes, Space]] = []
    every = max(1, -(-sum(map(_n_nodes, members)) // MAX_NODES))
    for place, member in enumerate(members):
        if place and place % every:
            continue
        if id(member) in found.seen or isinstance(member, (str, type(None))):
            continue
        trees = tree_nodes.trees_of(member)
        if not trees:
            continue
        found.seen[id(member)] = member
        own = space
        if subsets is not None and place:
            own = [input_model.feature_at(space, int(at)) for at in subsets[place - 1]]
        new.extend((tree, own) for tree in trees)
    found.trees.extend(_in_columns(new, found))
    _infer_booster(step, space)
    _infer_catboost(step, space)


MAX_NODES = 1000000
"""Nodes of all trees of an ensemble that are read, at most; of larger ones some trees are left out.
They take two thirds of the memory that the model takes."""


def _n_nodes(member: Any) -> int:
    found = input_spec.get(input_spec.get(member, "tree_"), "node_count")
    return int(found) if isinstance(found, (int, np.integer)) else 0


def _in_columns(trees: List[Tuple[TreeNodes, Space]], found: InputModel) -> List[ColumnTree]:
    """The trees with columns for features, and thresholds in values of the columns."""
    places = {id(column): place for place, column in enumerate(found.columns)}
    made = []
    by_space: Dict[int, Any] = {}
    for tree, space in trees:
        column_of = by_space.get(id(space))
        if column_of is None:
            column_of = by_space[id(space)] = np.array(
                [-1 if one is None else places[id(one.column)] for one in space] + [-1],
                dtype=np.int64,
            )
        at = np.where(tree.feature < len(space), tree.feature, tree_nodes.LEAF)
        made.append((ColumnTree(tree, np.where(at >= 0, column_of[at], -1)), tree, space))
    for feature, nodes in _by_undone_feature(trees):
        # All thresholds of a feature at once, because each way back through a scaler takes long.
        below = np.concatenate([tree.below[chosen] for tree, chosen in nodes])
        values = feature.to_column(below)
        step = np.maximum(np.abs(values), 1e-3) * 1e-5  # the way back is not exact
        start = 0
        for tree, chosen in nodes:
            own = slice(start, start + len(chosen))
            tree.below[chosen], tree.above[chosen] = (values - step)[own], (values + step)[own]
            start += len(chosen)
    return [one for one, _, _ in made]


def _by_undone_feature(
    trees: List[Tuple[TreeNodes, Space]],
) -> List[Tuple[Feature, List[Tuple[TreeNodes, Any]]]]:
    """The features behind a scaler, with the nodes of each tree that compare them."""
    found = {}
    for tree, space in trees:
        for place in np.unique(tree.feature[tree.feature >= 0]):
            feature: Optional[Feature] = input_model.feature_at(space, int(place))
            if feature is not None and feature.undo is not None:
                chosen = np.flatnonzero((tree.feature == place) & np.isfinite(tree.below))
                found.setdefault(id(feature), (feature, []))[1].append((tree, chosen))
    return list(found.values())


def _infer_booster(step: Any, space: Space) -> None:
    """Thresholds of xgboost and LightGBM, ranges that LightGBM keeps, and missing values."""
    booster = foreign_estimators.booster_of(step)
    kind = booster_faults.kind(booster)
    if kind is None:
        return
    ranges = booster_faults.lightgbm_ranges(booster) if kind == "lightgbm" else []
    for feature, own in zip(space, ranges):
        if feature is not None and own is not None and np.isfinite(own).all():
            low, high = own
            feature.set_span((low + high) / 2.0, (high - low) / 4.0 or 1.0)
            feature.add_cuts(input_model.END, [low, high], [low, high])
    thresholds = _thresholds(tree_nodes.trees_of(step))
    for place, feature in enumerate(space):
        if feature is None:
            continue
        feature.column.add_special(input_model.MISSING, np.nan)
        if place not in thresholds:
            continue
        below, above = thresholds[place]
        below, order = np.unique(below, return_index=True)
        some = np.unique(np.linspace(0, len(below) - 1, 40).astype(int))
        feature.add_cuts(input_model.THRESHOLD, below[some].tolist(), above[order][some].tolist())


def _thresholds(trees: List[TreeNodes]) -> Dict[int, Tuple[Any, Any]]:
    """The numbers below and above the thresholds of each feature, in the order of the trees."""
    plain = [np.flatnonzero(one.plain & (one.feature >= 0)) for one in trees]
    if not sum(map(len, plain)):
        return {}
    compared = np.concatenate([one.feature[nodes] for one, nodes in zip(trees, plain)])
    below = np.concatenate([one.below[nodes] for one, nodes in zip(trees, plain)])
    above = np.concatenate([one.above[nodes] for one, nodes in zip(trees, plain)])
    order = np.argsort(compared, kind="stable")
    features, starts = np.unique(compared[order], return_index=True)
    parts = zip(features, np.split(order, starts[1:]))
    return {int(place): (below[nodes], above[nodes]) for place, nodes in parts}


_MAX_BORDERS = 40


def _infer_catboost(step: Any, space: Space) -> None:
    """Borders of CatBoost's columns of numbers; a value goes right if it is greater."""
    for place, borders in foreign_estimators.catboost_borders(step).items():
        feature = input_model.feature_at(space, place)
        if feature is None:
            continue
        values = np.unique(np.asarray(borders, dtype=np.float32))
        feature.set_span(float(np.mean(values)), float(np.std(values)) or 1.0)
        some = values[np.unique(np.linspace(0, len(values) - 1, _MAX_BORDERS).astype(int))]
        above = np.nextafter(some, np.float32(np.inf))
        feature.add_cuts(input_model.THRESHOLD, some.tolist(), above.tolist())
        feature.column.add_special(input_model.MISSING, np.nan)


def infer_neighbors(step: Any, space: Space, found: InputModel) -> None:
    """Add all rows that a model of neighbours keeps."""
    rows = input_spec.get(step, "_fit_X")
    rows = input_spec.get(step, "X_") if rows is None else rows
    if rows is None or hasattr(rows, "tocsr"):
        return
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.dtype.kind not in "iuf" or rows.shape[1] != len(space):
        return
    chosen = np.unique(np.linspace(0, len(rows) - 1, MAX_KEPT).astype(int))
    places = {id(column): place for place, column in enumerate(found.columns)}
    group = {
        places[id(feature.column)]: feature.to_column(values)
        for feature, values in zip(space, rows[chosen].astype(np.float64).T)
        if feature is not None
    }
    if group:
        found.neighbors.append(group)
