"""Rows are given to PMML models as a table with the names of their inputs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from compat_worker import input_model, pmml_inputs, pmml_models


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
    model = pmml_models.PmmlModel(evaluator, "model.pmml")
    assert model.predict(np.array([[1.5, 2], [3, 4]])).tolist() == ["no", "yes"]
    assert list(evaluator.given.columns) == ["x1", "x2"]
    assert model.predict_proba(["one", "two"]).tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert evaluator.given.to_numpy().tolist() == [["one"], ["two"]]
    model.predict(pd.DataFrame({"a": [1, 2], 7: [3, 4]}, index=[5, 9]))
    assert list(evaluator.given.columns) == ["a", "7"]


def test_a_model_without_targets_or_probabilities_has_its_first_output() -> None:
    results: dict[str, list[object]] = {"affinity(0)": [0.5, 0.1], "cluster": [1, 0]}
    model = pmml_models.PmmlModel(Evaluator(results, []), "model.pmml")
    assert model.predict(np.zeros((2, 1))).tolist() == [1, 0]
    with pytest.raises(AttributeError, match="predict_proba"):
        model.predict_proba(np.zeros((2, 1)))


def test_of_an_outlier_detector_the_prediction_counts_and_of_several_targets_each() -> None:
    results: dict[str, list[object]] = {"outlier": [True, False], "predict(outlier)": [-1, 1]}
    model = pmml_models.PmmlModel(Evaluator(results, []), "model.pmml")
    assert model.predict(np.zeros((2, 1))).tolist() == [-1, 1]
    several: dict[str, list[object]] = {"y1": [1.5, 2.5], "y2": [3.5, 4.5]}
    model = pmml_models.PmmlModel(Evaluator(several, ["y1", "y2"]), "model.pmml")
    assert model.predict(np.zeros((2, 1))).tolist() == [[1.5, 3.5], [2.5, 4.5]]


def test_without_java_the_reason_is_java(monkeypatch: pytest.MonkeyPatch) -> None:
    why = pmml_models.missing("module_that_is_not_there", "sklearn2pmml")
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert why() == "there is no Java on this machine, which sklearn2pmml needs"
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/java")
    assert str(why()).startswith("sklearn2pmml is not installed")


FILE = """<PMML version="4.4"><DataDictionary>
<DataField name="y" dataType="string"/><DataField name="f" dataType="float"/>
<DataField name="d" dataType="double"/><DataField name="c" dataType="string">
<Value value="red"/><Value value="blue"/></DataField></DataDictionary>
<TransformationDictionary><DerivedField name="scaled" dataType="double">
<Apply function="/"><Apply function="-"><FieldRef field="d"/><Constant>10</Constant></Apply>
<Constant>3</Constant></Apply></DerivedField></TransformationDictionary>
<TreeModel><MiningSchema><MiningField name="y" usageType="target"/><MiningField name="f"/>
<MiningField name="d"/><MiningField name="c"/></MiningSchema><Node>
<SimplePredicate field="f" operator="lessOrEqual" value="0.1"/>
<SimplePredicate field="scaled" operator="greaterOrEqual" value="0.7"/>
<SimplePredicate field="c" operator="equal" value="green"/>
</Node></TreeModel></PMML>"""


def test_rows_lie_on_both_sides_of_thresholds_and_have_each_category(tmp_path: Path) -> None:
    path = tmp_path / "model.pmml"
    path.write_text(FILE)
    found = pmml_inputs.known_inputs(str(path))
    assert found is not None
    single, double, text = found.columns
    assert [one.name for one in found.columns] == ["f", "d", "c"]
    below, above = single.specials[input_model.THRESHOLD][0]
    assert below < 0.1 < above == np.nextafter(np.float32(below), np.float32(1))
    assert (double.centre, double.spread) == (10.0, 3.0)
    below, above = double.specials[input_model.THRESHOLD][0]
    assert above == np.nextafter(below, np.inf)
    assert [(one - 10) / 3 >= 0.7 for one in (below, above)] == [False, True]
    assert single.specials[input_model.MISSING]
    assert text.categories == ["red", "blue", "green"]
    assert input_model.UNSEEN in text.specials
