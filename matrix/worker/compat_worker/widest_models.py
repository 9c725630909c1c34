"""Choose the features of a very wide model that rows are made for; all others stay zero.

A model behind a ``HashingVectorizer`` takes a million features and more, and a text has values in
some hundred of them. What it does with a feature that no tree compares and no coefficient weighs is
nothing.
"""

from typing import Any, Iterator, List

import numpy as np

from compat_worker import input_spec, sparse_neighbors, tree_nodes

WIDEST = 200000
"""From so many features on, only some of them get values."""

WIDE_KEPT = 5000
"""The same for a model that keeps sparse rows, which have values in few of the features."""

MOST_KEPT = 100
"""Kept rows whose features get values, at most."""

MOST_FEATURES = 20000

_WEIGHTS = ("coef_", "feature_log_prob_", "components_", "theta_")
"""Attributes with a number for each feature, whose extreme values matter most."""

_MEMBERS = 100
"""Members of an ensemble that are looked at."""


def has_some_features(model: Any, width: int) -> bool:
    """Whether only some features of a model get values in its rows."""
    kept = sparse_neighbors.last_kept(model) if width >= WIDE_KEPT else None
    return width >= WIDEST or (kept is not None and kept.shape[1] == width)


def chosen_features(model: Any, width: int) -> Any:
    """The positions of the features that rows are made for, ascending; at most MOST_FEATURES.

    Args:
        model: a fitted estimator, or a pipeline of some that keep the features.
        width: the number of its features.
    """
    used: List[Any] = []
    for step in _parts(model):
        used.extend(np.unique(one.feature[one.feature >= 0]) for one in tree_nodes.trees_of(step))
        used.extend(_weighed(step, width))
    used.extend(_kept(model, width))
    random = np.random.RandomState(0)
    places = np.unique(np.concatenate(used)) if used else np.empty(0, dtype=np.int64)
    places = places[places < width].astype(np.int64)
    if not len(places):
        places = np.unique(random.randint(width, size=MOST_FEATURES // 10))
    if len(places) > MOST_FEATURES:
        places = np.sort(random.permutation(places)[:MOST_FEATURES])
    return places


def _kept(model: Any, width: int) -> Iterator[Any]:
    """The features of some rows that the last step keeps."""
    kept = sparse_neighbors.last_kept(model)
    if kept is not None and kept.shape[1] == width:
        some = np.unique(np.linspace(0, kept.shape[0] - 1, MOST_KEPT).astype(int))
        yield np.unique(kept[some].indices)


def _parts(model: Any) -> Iterator[Any]:
    steps = input_spec.steps_of(model)
    for step in [model] if steps is None else steps:
        yield step
        members = input_spec.get(step, "estimators_")
        if members is not None:
            for member in np.ravel(np.asarray(members, dtype=object))[:_MEMBERS]:
                yield member


def _weighed(step: Any, width: int) -> Iterator[Any]:
    """The features whose weight is not the most frequent one, which is that of unused ones."""
    for name in _WEIGHTS:
        weights = input_spec.get(step, name)
        if hasattr(weights, "tocsc"):
            yield np.flatnonzero(np.diff(weights.tocsc().indptr))
            continue
        weights = None if weights is None else np.asarray(weights)
        if weights is None or weights.dtype.kind != "f" or weights.shape[-1:] != (width,):
            continue
        for line in weights.reshape(-1, width):
            yield np.flatnonzero(line != np.median(line))
