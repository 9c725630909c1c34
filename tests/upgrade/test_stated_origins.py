"""The origin is as the folder of a model states it, where that agrees with the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from matrix.catalog.origin import origin_spec
from matrix.inspection import Inspection, ModelNode
from matrix.model import EnvSpec
from matrix.upgrade.answer import Model, StatedOrigin
from matrix.upgrade.stated_origins import note_of, with_stated, with_stated_versions

STATED = StatedOrigin(
    scikit_learn="1.3.2",
    python="3.11",
    pins=("mlflow==2.9.2", "numpy==1.26.4", "xgboost==2.0.3"),
    source="requirements.txt",
)


def model(stated: StatedOrigin = STATED, *, numpy: str = "1", python: str = "3.8") -> Model:
    inspection = Inspection(
        path=Path("m"),
        size=1,
        sha256="00",
        container="pickle",
        protocol=5,
        numpy=numpy,
        python=python,
        modules=("xgboost",),
        versions={"scikit-learn": ("1.3.2",)},
        root=ModelNode(kind="sklearn.svm.SVC"),
    )
    return Model(id="m", path=Path("m"), inspection=inspection, stated=stated)


def spec() -> EnvSpec:
    return origin_spec("1.3.2")


def test_versions_are_constraints_and_install_nothing() -> None:
    found = with_stated(spec(), "1.3.2", model())
    assert found.requirements == spec().requirements
    assert found.constraints == STATED.pins
    assert found.python == "3.11"
    assert found.id != spec().id


def test_a_folder_that_contradicts_the_file_is_not_used() -> None:
    other = replace(STATED, scikit_learn="1.2.2")
    assert with_stated(spec(), "1.3.2", model(other)) == spec()
    assert "says scikit-learn 1.2.2, and the file was saved by 1.3.2" in note_of(
        model(other), "1.3.2"
    )


@pytest.mark.parametrize(
    ("stated", "numpy", "python"), [("numpy==2.1.0", "1", "3.8"), ("numpy==1.26.4", "2", "3.8")]
)
def test_a_numpy_that_cannot_have_saved_the_file_is_left_out(
    stated: str, numpy: str, python: str
) -> None:
    given = model(replace(STATED, pins=(stated, "scipy==1.11.4")), numpy=numpy, python=python)
    assert with_stated(spec(), "1.3.2", given).constraints == ("scipy==1.11.4",)


def test_a_python_that_cannot_read_the_file_is_left_out() -> None:
    found = with_stated(spec(), "1.3.2", model(replace(STATED, python="3.7")))
    assert found.python == spec().python


def test_a_model_without_a_folder_keeps_its_origin() -> None:
    assert with_stated(spec(), "1.3.2", model(StatedOrigin())) == spec()
    assert note_of(model(StatedOrigin()), "1.3.2") == ""


def test_a_folder_fills_in_versions_that_the_file_does_not_show() -> None:
    found = model().inspection
    assert found is not None
    assert with_stated_versions(found, STATED).versions["xgboost"] == ("2.0.3",)
    bounded = replace(found, bounds={"xgboost": ">=1,<2"})
    assert "xgboost" not in with_stated_versions(bounded, STATED).versions
    shown = replace(found, versions={"scikit-learn": ("1.2.2",), "xgboost": ("1.7.6",)})
    assert with_stated_versions(shown, STATED).versions == shown.versions
    silent = replace(found, versions={}, modules=())
    assert with_stated_versions(silent, STATED).versions == {"scikit-learn": ("1.3.2",)}
