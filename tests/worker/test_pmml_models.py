"""Rows are given to PMML models as a table with the names of their inputs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from compat_worker import pmml_models


class Evaluator:
    """Returns a table, and keeps what it is given."""

    def __init__(self, results: dict[str, list[object]], targets: list[str]) -> None:
        self._results, self._targets = results, targets
        self.given = pd.DataFrame()

    def getTargetFields(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(getName=lambda name=name: name) for name in self._targets]

    def getOutputFields(self) -> list[SimpleNamespace]:
        names = [name for name in self._results if name not in self._targets]
        return [SimpleNamespace(getName=lambda name=name: name) for name in names]

    def evaluateAll(self, table: pd.DataFrame) -> pd.DataFrame:
        self.given = table
        return pd.DataFrame(self._results)


def test_labels_are_the_target_and_probabilities_the_outputs() -> None:
    results: dict[str, list[object]] = {
        "y": ["no", "yes"],
        "probability(no)": [0.75, 0.0],
        "probability(yes)": [0.25, 1.0],
    }
    evaluator = Evaluator(results, ["y"])
    model = pmml_models.PmmlModel(evaluator)
    assert model.predict(np.array([[1.5, 2], [3, 4]])).tolist() == ["no", "yes"]
    assert list(evaluator.given.columns) == ["x1", "x2"]
    assert model.predict_proba(["one", "two"]).tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert evaluator.given.to_numpy().tolist() == [["one"], ["two"]]
    model.predict(pd.DataFrame({"a": [1, 2], 7: [3, 4]}, index=[5, 9]))
    assert list(evaluator.given.columns) == ["a", "7"]


def test_a_model_without_targets_or_probabilities_has_its_first_output() -> None:
    model = pmml_models.PmmlModel(Evaluator({"cluster": [1, 0]}, []))
    assert model.predict(np.zeros((2, 1))).tolist() == [1, 0]
    with pytest.raises(AttributeError, match="predict_proba"):
        model.predict_proba(np.zeros((2, 1)))


def test_without_java_the_reason_is_java(monkeypatch: pytest.MonkeyPatch) -> None:
    why = pmml_models.missing("module_that_is_not_there", "sklearn2pmml")
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert why() == "there is no Java on this machine, which sklearn2pmml needs"
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/java")
    assert str(why()).startswith("sklearn2pmml is not installed")
