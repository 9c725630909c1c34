"""Faults in CatBoost are planted in the text of its trees; a stand-in writes such text."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from compat_worker import booster_faults, fault_sites

LEAVES = [[0.5, 0.0], [-2.0, 1.0]]


class _CatBoost:
    """The compiled model of CatBoost, by the values of its leaves."""

    def __init__(self, leaves: list[list[float]]) -> None:
        self.leaves = leaves


_CatBoost.__module__ = "_catboost"


class CatBoost:
    """Writes and reads the JSON of CatBoost 1.2.2."""

    _object: Any = None

    def save_model(self, path: str, format: str) -> None:  # noqa: A002
        trees = [{"leaf_values": values, "splits": []} for values in self._object.leaves]
        Path(path).write_text(json.dumps({"oblivious_trees": trees}))

    def load_model(self, path: str, format: str) -> CatBoost:  # noqa: A002
        trees = json.loads(Path(path).read_text())["oblivious_trees"]
        self._object = _CatBoost([tree["leaf_values"] for tree in trees])
        return self


@pytest.fixture
def estimator(monkeypatch: pytest.MonkeyPatch) -> Any:
    library: Any = ModuleType("catboost")
    library.CatBoost = CatBoost
    monkeypatch.setitem(sys.modules, "catboost", library)
    model = CatBoost()
    model._object = _CatBoost(LEAVES)
    return model


def test_each_leaf_can_be_changed_and_is_restored(estimator: Any) -> None:
    original = estimator._object
    (group,) = fault_sites.find(estimator).groups.values()
    assert (group.name, group.count()) == ("CatBoost._object.value", 4)
    site, _ = group.at(0)
    for position, faulty in enumerate([0.505, 0.01, -2.02, 1.01]):
        restore = site.plant(position)
        assert restore is not None
        changed = [value for tree in estimator._object.leaves for value in tree]
        assert changed == [
            faulty if place == position else value
            for place, value in enumerate([0.5, 0.0, -2.0, 1.0])
        ]
        restore()
        assert estimator._object is original


def test_a_model_that_cannot_be_written_as_text_has_no_sites(
    estimator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ValueError("pool is required for models with categorical features")

    monkeypatch.setattr(CatBoost, "save_model", refuse)
    assert booster_faults.sites(estimator._object, vars(estimator), "_object") == []
