"""The models in a file that holds several objects are found by their paths, without loading it."""

from __future__ import annotations

import pickle
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import joblib
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

from matrix.inspection import inspect

X = np.random.RandomState(0).rand(20, 3)
RIDGE = Ridge().fit(X, X[:, 0])
SCALER = StandardScaler().fit(X)
LABELS = LabelEncoder().fit(["a", "b"])
WORDS = TfidfVectorizer().fit(["good day", "bad day"])
LOGISTIC = LogisticRegression().fit(X, X[:, 0] > 0.5)


class Pair(NamedTuple):
    model: Any
    n: int


@dataclass
class Kept:
    model: Any
    labels: Any
    threshold: float = 0.4
    more: Any = None


class Slots:
    __slots__ = ("model", "n")

    def __init__(self, model: Any, n: int) -> None:
        self.model, self.n = model, n


BUNDLES: dict[str, tuple[Any, list[str], list[str]]] = {
    "a dictionary": ({"model": RIDGE, "threshold": 0.4}, ['["model"]'], ['["threshold"]']),
    "a list": ([SCALER, RIDGE], ["[0]", "[1]"], []),
    "a tuple": ((LABELS, "text", RIDGE), ["[0]", "[2]"], ["[1]"]),
    "nested": ({"a": {"b": [RIDGE, 1]}}, ['["a"]["b"][0]'], ['["a"]["b"][1]']),
    "numbered": ({1: RIDGE, 2: SCALER}, ["[1]", "[2]"], []),
    "ordered": (OrderedDict(m=RIDGE), ['["m"]'], []),
    "with a default": (defaultdict(list, m=RIDGE), ['["m"]'], []),
    "a namespace": (SimpleNamespace(model=RIDGE, n=3), [".model"], [".n"]),
    "a named tuple": (Pair(RIDGE, 3), ["[0]"], ["[1]"]),
    "an object with slots": (Slots(RIDGE, 3), [".model"], [".n"]),
    "an array of objects": (np.array([RIDGE, SCALER], dtype=object), ["[0]", "[1]"], []),
    "the same model twice": ([RIDGE, RIDGE], ["[0]"], []),
    "arrays beside": ({"m": RIDGE, "mean": X.mean(0)}, ['["m"]'], ['["mean"]']),
    "a model": (RIDGE, [], []),
    "a pipeline": (make_pipeline(SCALER, RIDGE), [], []),
    "no model": ({"threshold": 0.4, "mean": X}, [], []),
    "an array": (X, [], []),
    "nothing": ({}, [], []),
}


@pytest.mark.parametrize("kind", BUNDLES)
@pytest.mark.parametrize("way", ["pickle", "joblib"])
def test_models_and_values_have_their_paths(kind: str, way: str, tmp_path: Path) -> None:
    held, models, values = BUNDLES[kind]
    path = tmp_path / "file"
    if way == "pickle":
        path.write_bytes(pickle.dumps(held))
    else:
        joblib.dump(held, path)
    bundle = inspect(path).bundle
    assert [str(part) for part in bundle.models] == models
    assert ["".join(map(str, value)) for value in bundle.values] == values


@pytest.mark.parametrize(
    ("held", "together"),
    [
        ({"vec": WORDS, "clf": LOGISTIC}, [['["vec"]', '["clf"]']]),
        ([LOGISTIC, SCALER], [["[1]", "[0]"]]),
        ([SCALER, LOGISTIC, RIDGE], [["[0]", "[1]"], ["[0]", "[2]"]]),
        ((LABELS, LOGISTIC), []),  # an encoder of labels comes before no model
        ([LOGISTIC, RIDGE], []),
        ([SCALER, WORDS], []),
    ],
)
def test_transformers_come_before_each_predictor(
    held: Any, together: list[list[str]], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(pickle.dumps(held))
    bundle = inspect(tmp_path / "file").bundle
    assert [[str(part) for part in parts] for parts in bundle.together] == together


def test_a_list_that_holds_itself_is_read_to_an_end(tmp_path: Path) -> None:
    held: list[Any] = [RIDGE]
    held.append(held)
    (tmp_path / "file").write_bytes(pickle.dumps(held))
    assert [str(part) for part in inspect(tmp_path / "file").bundle.models] == ["[0]"]


def test_an_object_of_an_own_class_is_one_model_and_what_it_holds_is_found_too(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file"
    path.write_bytes(pickle.dumps(Kept(RIDGE, LABELS, more={"scaler": SCALER})))
    bundle = inspect(path).bundle
    assert [(str(part), part.kind) for part in bundle.models] == [("", f"{__name__}.Kept")]
    (own,) = bundle.own
    assert list(map(str, own.models)) == [".model", ".labels", '.more["scaler"]']
    assert ["".join(map(str, one)) for one in own.values] == [".threshold"]
    assert [list(map(str, one)) for one in own.together] == [['.more["scaler"]', ".model"]]


def test_an_own_object_in_a_dictionary_has_paths_through_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(pickle.dumps({"a": Kept(Kept(RIDGE, None), LABELS), "b": SCALER}))
    bundle = inspect(path).bundle
    assert list(map(str, bundle.models)) == ['["a"]', '["b"]']
    (own,) = bundle.own
    assert list(map(str, own.models)) == ['["a"].model', '["a"].model.model', '["a"].labels']


def test_an_own_object_without_models_is_a_model_as_before(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(pickle.dumps(Kept(1, 2)))
    assert inspect(path).bundle.own == ()
    assert inspect(path).bundle.models == ()
