"""Of a lock only the packages that bear on the models are installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from matrix.catalog.requirements import EnvironmentRequest
from matrix.frameworks import BY_MODULE
from matrix.inspection import Name
from matrix.upgrade.installed_packages import _COMPLETE, only_needed
from matrix.upgrade.upgrade_request import UpgradeRequest
from tests.upgrade.test_origins import model

LOCK = (
    *("numpy==1.26.4", "scipy==1.13.1", "joblib==1.4.2", "pandas==2.2.3", "torch==2.4.1"),
    *("xgboost==2.1.1", "setuptools==75.1.0", "churn-private==3.1", "uvicorn[standard]==0.30.6"),
)
UNKNOWN = ("churn-private==3.1", "uvicorn==0.30.6")


def narrowed(
    modules: Sequence[str],
    *,
    lock: Sequence[str] = LOCK,
    scikit_learn: str = "1.5.2",
    file: str = "uv.lock",
    own: Sequence[Path] = (),
) -> EnvironmentRequest:
    request = EnvironmentRequest(scikit_learn=scikit_learn, others=tuple(lock), file=file)
    found = only_needed(
        UpgradeRequest(origin=request, targets=(request,)),
        [model("1.5.2", modules=("sklearn", "numpy")), model("1.5.2", modules=modules)],
        own,
    )
    (target,) = found.targets
    assert found.origin is not None
    assert found.origin.notes == ()
    assert found.origin == replace(target, notes=())
    return target


def test_everything_else_is_a_constraint_without_extras() -> None:
    """A private package is not looked up, and torch is not downloaded."""
    found = narrowed(["sklearn"])
    assert found.others == LOCK[:4]
    assert found.constraints == ("torch==2.4.1", "xgboost==2.1.1", "setuptools==75.1.0", *UNKNOWN)
    assert found.notes == (
        "uv.lock: 5 packages are only constraints: the models are not known to need them",
    )


def test_the_libraries_of_one_model_are_installed_for_all_of_them() -> None:
    assert "xgboost==2.1.1" in narrowed(["xgboost"]).others
    assert "torch==2.4.1" not in narrowed(["xgboost"]).others


def test_each_library_that_is_narrowed_for_has_a_record() -> None:
    assert BY_MODULE.keys() >= _COMPLETE


def test_a_part_that_needs_more_than_its_library_has_the_whole_lock() -> None:
    one = model("1.5.2", modules=("lightgbm",))
    assert one.inspection is not None
    names = (Name("lightgbm.dask", "DaskLGBMClassifier"),)
    one = replace(one, inspection=replace(one.inspection, names=names))
    request = UpgradeRequest(
        targets=(EnvironmentRequest(scikit_learn="1.5.2", others=LOCK, file="uv.lock"),)
    )
    assert only_needed(request, [one]) == request


def test_what_a_library_needs_at_some_version_is_no_constraint() -> None:
    """An older setuptools, which some require, would contradict one."""
    found = [module for module in _COMPLETE if "setuptools" in str(BY_MODULE[module].needs)]
    assert found
    assert "setuptools==75.1.0" in narrowed(found[:1]).others


@pytest.mark.parametrize(
    "changed",
    [
        {"modules": ["my_company"]},
        {"modules": ["sktime"]},
        {"modules": ["keras"]},
        {"modules": []},
        {"own": [Path("src")]},
        {"file": ""},
        {"scikit_learn": ">=1.3"},
        {"lock": ["numpy>=1.26", *LOCK[1:]]},
        {"lock": ["numpy==1.26.*", *LOCK[1:]]},
        {"lock": LOCK[1:]},
    ],
)
def test_where_another_package_may_decide_the_whole_lock_is_installed(
    changed: dict[str, object],
) -> None:
    """Unknown modules, own code, and ranges: what satisfies them may depend on any package."""
    arguments = {"modules": ["sklearn"], "lock": LOCK, **changed}
    found = narrowed(**arguments)  # type: ignore[arg-type]
    assert found.others == tuple(arguments["lock"])  # type: ignore[arg-type]
    assert found.constraints == found.notes == ()
