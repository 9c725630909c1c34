"""How much the rows of a verdict would notice: mutation score and leaves reached."""

import copy
import functools
from typing import Any, Callable, Dict, List, Tuple

import numpy as np

from compat_worker import input_spec, machine_failures, mutation, tree_nodes, widest_models

POOL = 10
"""Faults that so many times as many other rows do not notice either are not live."""


def measure(
    fresh: Callable[[], Any],
    rows: Any,
    pool: Callable[[Any], Any],
    allowed: Any = None,
    faults: int = mutation.FAULTS,
) -> Dict[str, Any]:
    """The evidence of rows, as ``worker.py`` describes it.

    Args:
        fresh: loads the model; the loads are used for nothing else.
        rows: the rows of the verdict.
        pool: makes other rows for a model, about POOL times as many; None if it cannot.
        allowed: the names that the model may look up while it is loaded.
        faults: how many to plant, at least.
    """
    found: Dict[str, Any] = {"leaves": 0, "reached": 0}
    try:
        found["leaves"], found["reached"] = count_leaves(fresh(), rows)
    except (Exception, SystemExit) as error:
        machine_failures.raise_if_machine_failed(error)
    try:
        score = mutation.score(fresh(), rows, pool, allowed, faults=faults)
    except (Exception, SystemExit) as error:  # a model that cannot be walked or called
        machine_failures.raise_if_machine_failed(error)
        score = mutation.FaultCounts(0, 0, 0, False, False)
    found.update(score._asdict())
    return found


def count_leaves(model: Any, rows: Any) -> Tuple[int, int]:
    """Number of leaves in the trees of a model, and how many of them the rows reach.

    Only trees of the model or of the last step of a pipeline count; (0, 0) without any.
    """
    steps = input_spec.steps_of(model)
    last = steps[-1] if steps else model
    groups = _tree_groups(last)
    if not groups:
        return 0, 0
    for step in steps[:-1] if steps else ():
        if step is not None and not isinstance(step, str):
            rows = step.transform(rows)
    before = input_spec.get(last, "_preprocessor")
    if before is not None:  # histogram gradient boosting encodes categories with it
        rows = before.transform(rows)
    if hasattr(rows, "toarray"):
        rows = rows.tocsc() if rows.shape[1] >= widest_models.WIDEST else rows.toarray()
    rows = rows if hasattr(rows, "toarray") else np.asarray(rows, dtype=np.float64)
    leaves = reached = 0
    for read, columns in groups:
        own = rows if columns is None else rows[:, columns]
        for tree in read():  # one estimator after the other: all at once take much memory
            if tree.plain.all():
                leaves += len(tree.leaves)
                reached += len(np.unique(_leaves_of(tree, own)))
    return leaves, reached


def _leaves_of(tree: tree_nodes.TreeNodes, rows: Any) -> Any:
    """By row, the leaf that it reaches; of sparse rows only the compared features become dense."""
    if not hasattr(rows, "toarray"):
        return tree.apply(rows)
    compared = np.unique(tree.feature[tree.feature >= 0])
    narrow = copy.copy(tree)
    inner = tree.feature >= 0
    narrow.feature = np.where(inner, np.searchsorted(compared, tree.feature), tree_nodes.LEAF)
    return narrow.apply(np.asarray(rows[:, compared].toarray(), dtype=np.float64))


def _tree_groups(step: Any) -> List[Tuple[Callable[[], List[tree_nodes.TreeNodes]], Any]]:
    """What reads some trees, with the columns that they take, or None for all columns."""
    own = tree_nodes.trees_of(step)
    if own:
        return [(lambda: own, None)]
    members = input_spec.get(step, "estimators_")
    if members is None:
        return []
    subsets = input_spec.get(step, "estimators_features_")
    found = []
    for place, member in enumerate(np.ravel(np.asarray(members, dtype=object))):
        read = functools.partial(tree_nodes.trees_of, member)
        if read():
            found.append((read, None if subsets is None else subsets[place]))
    return found
