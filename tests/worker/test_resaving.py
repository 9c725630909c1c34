"""A file is loaded and saved again; missing parameters are reported, and set on request."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from compat_worker import missing_params, name_guard, resaving
from compat_worker.formats import FORMATS
from compat_worker.journal import Journal
from compat_worker.user_error import UserError
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from matrix.executors import protocol, untrusted_files
from matrix.inspection import inspect

X = np.arange(24.0).reshape(-1, 2)
Y = (X[:, 0] > 9).astype(int)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    here = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(here)


def ridge(*, without: str = "") -> Any:
    model = make_pipeline(StandardScaler(), Ridge(alpha=2.0)).fit(X, Y)
    if without:
        del model.steps[1][1].__dict__[without]
    return model


def resave(folder: Path, model: Any, *formats: str, fixes: list[Any] | None = None) -> Any:
    joblib.dump(model, folder / "model")
    piece = {
        "id": 3,
        "path": str(folder / "model"),
        "format": "joblib",
        "formats": list(formats),
        "fixes": fixes or [],
        "allowed": None,
    }
    answer = resaving.resave(piece, Journal(str(folder)))
    protocol.check_answer("resave", answer, piece)
    untrusted_files.locate(folder, answer.get("artifacts", {}).values())
    return answer


def test_what_is_saved_again_is_reported_with_its_digest(folder: Path) -> None:
    found = resave(folder, ridge(), "joblib", "pickle-4")
    for entry in found["artifacts"].values():
        data = Path(entry["path"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (entry["sha256"], entry["size"])
        again = joblib.load(entry["path"])
        assert (again.predict(X) == ridge().predict(X)).all()
    assert found["lacking"] == []


def test_what_is_saved_as_skops_is_the_same_model(folder: Path) -> None:
    found = resave(folder, ridge(), "skops")["artifacts"]["skops"]
    assert (FORMATS["skops"].load(found["path"]).predict(X) == ridge().predict(X)).all()


def test_a_file_of_skops_is_loaded_with_what_was_seen_in_it_and_no_more(folder: Path) -> None:
    path = str(folder / "model.skops")
    FORMATS["skops"].save(RandomForestClassifier(2).fit(X, Y), path)
    names = [[name.module, name.qualname] for name in inspect(Path(path)).names]
    with name_guard.allow_only(names):
        assert FORMATS["skops"].load(path).predict(X).shape == Y.shape
    tree = [name for name in names if name[1] == "Tree"]
    with (
        pytest.raises(name_guard.NameRefused, match="Tree"),
        name_guard.allow_only([n for n in names if n not in tree]),
    ):
        FORMATS["skops"].load(path)


def test_a_missing_skops_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FORMATS["skops"].missing() is None
    monkeypatch.setitem(sys.modules, "skops.io", None)
    assert "add it to the requirements" in str(FORMATS["skops"].missing())


def test_missing_parameters_are_reported_and_can_be_set(folder: Path) -> None:
    found = resave(folder, ridge(without="alpha"))
    assert found["lacking"] == [{"path": ["steps", 1, 1], "name": "alpha", "value": 1.0}]
    fixes = [{"path": ["steps", 1, 1], "name": "alpha", "value": 7.5, "of": ""}]
    found = resave(folder, ridge(without="alpha"), "joblib", fixes=fixes)
    assert joblib.load(found["artifacts"]["joblib"]["path"]).steps[1][1].alpha == 7.5


def test_an_attribute_with_a_known_neutral_value_is_reported_too() -> None:
    """Before 0.23 a Gaussian process did not divide its target: it had no deviation."""
    model = GaussianProcessRegressor().fit(X, Y.astype(float))
    before = model.predict(X + 0.5)
    assert missing_params.missing_parameters(model) == []
    del model._y_train_std
    (found,) = missing_params.missing_parameters(make_pipeline(StandardScaler(), model))
    assert found == {"path": ["steps", 1, 1], "name": "_y_train_std", "value": 1.0}
    setattr(model, found["name"], found["value"])
    np.testing.assert_array_equal(model.predict(X + 0.5), before)


def test_a_missing_parameter_can_be_copied_from_another_attribute(folder: Path) -> None:
    model = ridge(without="alpha")
    model.steps[1][1].square_ = np.diag([1.0, 2.0])
    fixes = [
        {"path": ["steps", 1, 1], "name": "line_", "value": None, "of": "square_.diagonal()"},
        {"path": ["steps", 1, 1], "name": "alpha", "value": None, "of": "intercept_"},
        {"path": ["steps", 1, 1], "name": "gone_", "value": None, "of": "not_there_"},
    ]
    found = resave(folder, model, "joblib", fixes=fixes[:2])
    fixed = joblib.load(found["artifacts"]["joblib"]["path"]).steps[1][1]
    assert fixed.line_.tolist() == [1.0, 2.0]
    assert fixed.alpha == fixed.intercept_
    failed = resave(folder, model, "joblib", fixes=fixes)
    assert (failed["stage"], failed["raised"]["type"]) == ("fix", "AttributeError")


def test_a_model_in_a_dictionary_is_changed_and_all_else_is_saved_with_it(folder: Path) -> None:
    whole = {"models": [ridge(), ridge(without="alpha")], "threshold": 0.4}
    found = resave(folder, whole)
    assert [one["path"] for one in found["lacking"]] == [["models", 1, "steps", 1, 1]]
    part = [["key", "models"], ["index", 1]]
    fix = {"part": part, "path": ["ridge"], "name": "alpha", "value": 7.5, "of": ""}
    found = resave(folder, whole, "joblib", fixes=[fix])
    again = joblib.load(found["artifacts"]["joblib"]["path"])
    assert [one.steps[1][1].alpha for one in again["models"]] == [2.0, 7.5]
    assert again["threshold"] == 0.4


def test_a_parameter_that_cannot_be_set_is_reported_as_a_mistake(folder: Path) -> None:
    found = resave(folder, ridge(), "joblib", fixes=[{"path": ["nix"], "name": "a", "value": 1}])
    assert "nothing at ['nix']" in found["mistake"]


def test_a_failing_load_or_save_is_reported(folder: Path) -> None:
    class Odd:
        def __reduce__(self) -> Any:
            return eval, ("1 / 0",)

    assert resave(folder, Odd())["stage"] == "load"
    model = ridge()
    model.steps[1][1].odd = Sneaky()
    raised = resave(folder, model, "joblib")["artifacts"]["joblib"]["raised"]
    assert raised["message"] == "twice is too much"


class Sneaky:
    """Can be saved once, and no more after it was loaded."""

    def __reduce__(self) -> Any:
        if hasattr(self, "loaded"):
            raise ValueError("twice is too much")
        return Sneaky, (), {"loaded": True}


def test_every_estimator_is_found_where_it_is() -> None:
    models = [
        RandomForestClassifier(3).fit(X, Y),
        GradientBoostingClassifier(n_estimators=2).fit(X, Y),
        FeatureUnion([("a", StandardScaler()), ("b", make_pipeline(StandardScaler()))]).fit(X),
    ]
    for model in models:
        found = list(missing_params.estimators(model))
        assert len(found) > 3
        for path, one in found:
            assert missing_params.find(model, path) is one
    assert missing_params.find(models[1], ["estimators_", 1, 0]) is models[1].estimators_[1, 0]


def test_a_diagnosis_names_a_place_by_its_steps() -> None:
    model = ridge()
    assert missing_params.find(model, ["ridge"]) is model.steps[1][1]
    assert missing_params.find(model, []) is model


def test_a_place_that_is_not_there() -> None:
    for path in (["steps", 9], ["steps", "x"], ["steps", 0, 1, "nix"]):
        with pytest.raises(UserError, match="nothing at"):
            missing_params.find(ridge(), path)


def test_only_plain_defaults_are_reported() -> None:
    class Strange(Ridge):
        def __init__(self, a=None, b=(), c=float("nan"), d=1.5, e=max, *, f="x", g):
            pass

    found = missing_params.missing_parameters(Strange.__new__(Strange))
    assert {one["name"]: one["value"] for one in found} == {"a": None, "d": 1.5, "f": "x"}


def test_a_model_that_holds_itself_is_gone_through_once() -> None:
    model = ridge()
    model.own = [model, {"again": model}]
    assert len(list(missing_params.estimators(model))) == 3


def test_a_parameter_that_the_constructor_passes_on_to_its_base_class_is_reported() -> None:
    class Base:
        def __init__(self, depth: int = 3, categorical: bool = False, **kwargs: Any) -> None:
            pass

        def get_params(self) -> None:
            pass

    class Open(Base):
        def __init__(self, depth: int = 6, **kwargs: Any) -> None:
            pass

    class Closed(Base):
        def __init__(self, depth: int = 6) -> None:
            pass

    def lacking(model: Any) -> dict[str, Any]:
        return {one["name"]: one["value"] for one in missing_params.missing_parameters(model)}

    assert lacking(Open()) == {"depth": 6, "categorical": False}
    assert lacking(Closed()) == {"depth": 6}


def test_a_copied_value_is_that_of_the_file_where_the_class_has_a_property_of_its_name() -> None:
    class Renamed:
        @property
        def parts_(self) -> Any:
            return self.parts  # type: ignore[attr-defined]

    model = Renamed()
    vars(model)["parts_"] = [1, 2]
    resaving._apply_fixes(model, [{"path": [], "name": "parts", "value": None, "of": "parts_"}])
    assert vars(model)["parts"] == [1, 2]
