"""The thresholds of a booster's trees are collected in one pass, for any number of features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compat_worker import coverage_rules, input_model, probe_rows, row_making
from compat_worker.tree_nodes import TreeNodes
from sklearn.preprocessing import StandardScaler


def made_up_tree(random: np.random.RandomState) -> TreeNodes:
    nodes = 31
    feature = random.randint(-2, 9, nodes)
    below = random.standard_normal(nodes).round(1)
    none = np.full(nodes, -1)
    plain = random.random_sample(nodes) < 0.8
    return TreeNodes(feature, below, below + 0.5, none, none, plain=plain)


@pytest.mark.parametrize("trees", [0, 1, 50])
def test_each_feature_has_its_thresholds_in_the_order_of_the_trees(trees: int) -> None:
    random = np.random.RandomState(trees)
    made = [made_up_tree(random) for _ in range(trees)]
    found = coverage_rules._thresholds(made)
    for place in range(9):
        chosen = [(one, one.plain & (one.feature == place)) for one in made]
        below = [value for one, own in chosen for value in one.below[own]]
        above = [value for one, own in chosen for value in one.above[own]]
        if below:
            assert found[place][0].tolist() == below
            assert found[place][1].tolist() == above
        else:
            assert place not in found
    assert set(found) <= set(range(9))


def test_rows_are_drawn_once_however_many_columns_may_miss_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = []
    plain = probe_rows.typical_rows

    def counted(*arguments: Any) -> Any:
        drawn.append(arguments)
        return plain(*arguments)

    trial = row_making._trial(StandardScaler().fit(np.eye(50)))
    for column in trial.known.columns:
        column.add_special(input_model.MISSING, np.nan)
    monkeypatch.setattr(probe_rows, "typical_rows", counted)
    trial.drop_missing_values()
    assert len(drawn) == 1
