"""The parameters of a model as plain data, with the public names of its classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from compat_worker.construction import construction
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.svm import SVC

from matrix.executors.protocol import check_answer
from matrix.remedies.retraining import retraining_script

ANSWER: dict[str, Any] = {"contents": [], "warnings": [], "seconds": 0.1}


def rebuilt(model: Any) -> Any:
    """The model that the script makes of what the worker says of another."""
    value = construction(model)
    check_answer("construct", {**ANSWER, "construction": value}, {})
    text = retraining_script(value, source="m", versions={}, why="")
    names: dict[str, Any] = {"__name__": "script"}
    exec(text, names)
    return names["untrained"]()


def test_an_untrained_copy_has_the_same_parameters() -> None:
    encoder = OneHotEncoder(categories=[np.array(["x", "y"])], dtype=np.float32)
    steps = (FunctionTransformer(np.log1p), encoder, SVC(C=2.0, class_weight={0: 1.5}))
    model = make_pipeline(*steps)
    assert repr(rebuilt(model)) == repr(model)
    assert construction(np.float64(2)) == ["plain", 2.0]
    process = GaussianProcessRegressor(RBF(np.array([1.0, 2.0])), alpha=np.inf)
    assert repr(rebuilt(process)) == repr(process)


def test_classes_have_the_names_that_users_import() -> None:
    assert construction(SVC())[1:3] == ["sklearn.svm", "SVC"]


def test_what_cannot_be_written_is_said() -> None:
    assert construction(object()) == ["other", "a object"]
    assert construction(np.zeros((300, 2))) == ["other", "an array of shape (300, 2)"]
    deep: Any = 1
    for _ in range(50):
        deep = [deep]
    assert "other" in repr(construction(deep))
