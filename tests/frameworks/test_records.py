"""The records of libraries: found by their file, and told by the names and bytes in a model."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.frameworks import (
    BY_MODULE,
    BY_NAME,
    FRAMEWORKS,
    Excerpt,
    VersionHint,
    needed_for,
    variables,
)
from matrix.inspection.inspect_file import inspect

FOLDER = Path(__file__).parents[2] / "matrix/frameworks"


def test_each_module_of_the_folder_is_a_record() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "distributions", "framework"}
    assert {one.name.replace("-", "_") for one in FRAMEWORKS} == files
    assert FRAMEWORKS[0].name == "scikit-learn"


def test_no_module_belongs_to_two_libraries() -> None:
    assert len(BY_MODULE) == sum(len(one.modules) for one in FRAMEWORKS)


def test_names_are_normalized_and_requirements_are_valid() -> None:
    for one in FRAMEWORKS:
        assert one.name == canonicalize_name(one.name)
        for text in (one.requirement(), *(text for each in one.needs.values() for text in each)):
            Requirement(text)


def test_a_library_is_needed_by_what_its_files_name() -> None:
    found = needed_for(["numpy", "imblearn", "xgboost", "sklearn", "churn"])
    assert [one.name for one in found] == ["imbalanced-learn", "xgboost"]


def test_further_requirements_follow_the_version() -> None:
    xgboost = BY_NAME["xgboost"]
    assert (xgboost.requirement("1.4.2"), xgboost.further({"xgboost": "1.4.2"})) == (
        "xgboost==1.4.2",
        ("setuptools<70",),
    )
    assert xgboost.further({"xgboost": "3.0.0"}) == ()
    assert BY_NAME["sklearn-pandas"].further({"sklearn-pandas": "2.2.0"}) == ("six",)
    assert xgboost.requirement(bounds="<1") == "xgboost<1"


def test_keras_needs_a_backend_and_takes_the_one_that_is_there() -> None:
    keras = BY_NAME["keras"]
    assert keras.further({"keras": "3.4.1"}) == ("jax[cpu]",)
    assert keras.further({"keras": "3.0.4", "torch": "2.1"}) == ("packaging",)
    assert variables(["keras", "jax", "torch"])["KERAS_BACKEND"] == "jax"
    assert variables(["keras", "torch"]) == {"KERAS_BACKEND": "torch"}
    assert variables(["scikit-learn", "jax"]) == {}


UBJSON_3_0_0 = (
    b"{L\0\0\0\0\0\0\0\x06Config{L\0\0\0\0\0\0\0\x07learner{}}L\0\0\0\0\0\0\0\x05Model{L\0\0\0\0\0\0\0"
    b"\x07version[#L\0\0\0\0\0\0\0\x03i\x03i\0i\0}}"
)


@pytest.mark.parametrize(
    ("library", "model", "hint"),
    [
        ("xgboost", UBJSON_3_0_0, VersionHint(exact="3.0.0")),
        ("xgboost", b'{"Config":{},"Model":{"version":[1,4,2]}}', VersionHint(exact="1.4.2")),
        (
            "xgboost",
            b'CONFIG-offset:\xc2\x04\0\0binf\0\0\0?{"learner":{},"version":[1,2,1]}',
            VersionHint(exact="1.2.1"),
        ),
        ("xgboost", b"\0\0\0\x80\x03\0\0\0\0\0\0\0\0\0\0\0", VersionHint(bounds="<1")),
        ("xgboost", b'{"version":[1,4,2],"more":0}', VersionHint()),
        ("lightgbm", b"tree\nversion=v3\nnum_class=1\n", VersionHint(bounds=">=2.3,<4")),
        ("lightgbm", b"tree\nversion=v4\nnum_class=1\n", VersionHint(bounds=">=4")),
        (
            "lightgbm",
            b"tree\nversion=v4\nnum_class=1\n\nparameters:\n[use_quantized_grad: 0]\n[seed: 0]\n",
            VersionHint(bounds=">=4.2,<4.4"),
        ),
        ("lightgbm", b"tree\nversion=v9\nnum_class=1\n", VersionHint()),
        (
            "catboost",
            b"CBM1p&\0\0Git info:\n    Branch: tags/v1.2.8\n    Author: a",
            VersionHint(exact="1.2.8"),
        ),
        ("catboost", b"CBM1p&\0\0Git info:\n    Branch: heads/master\n", VersionHint()),
        (
            "catboost",
            b"CBM1p&\0\0Git info:\n    Commit: 280ef2e9eec735b20a698b77f4e41312bb882dd6\n",
            VersionHint(exact="0.26"),
        ),
        (
            "catboost",
            b"CBM1p&\0\0Git info:\n    Commit: ff8f073eea240c11e49e51cb774c2df5249c157c\n",
            VersionHint(bounds=">=1.2.1.1,<=1.2.2"),
        ),
    ],
)
def test_a_native_model_says_which_version_wrote_it(
    library: str, model: bytes, hint: VersionHint
) -> None:
    read = BY_NAME[library].read_version
    assert read is not None
    assert read(Excerpt(head=model, tail=model)) == hint


class Booster:
    """Stands for that of xgboost, which keeps its native form in ``handle``."""


Booster.__module__ = "xgboost.core"


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("size", [0, 500_000])
def test_a_file_says_which_version_wrote_the_booster_in_it(
    size: int, protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short or long, and in each way in which a pickle keeps bytes."""
    booster = Booster()
    handle = UBJSON_3_0_0[:24] + b" " * size + UBJSON_3_0_0[24:]
    booster.__dict__["handle"] = bytearray(handle)
    monkeypatch.setitem(sys.modules, "xgboost", ModuleType("x"))
    core = ModuleType("xgboost.core")
    core.__dict__["Booster"] = Booster
    monkeypatch.setitem(sys.modules, "xgboost.core", core)
    file = tmp_path / "model.pkl"
    file.write_bytes(pickle.dumps(booster, protocol))
    assert inspect(file).versions == {"xgboost": ("3.0.0",)}
