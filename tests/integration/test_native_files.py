"""Files that libraries write by themselves, through ``upgrade``, without any option."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .truths import ROOT, run

NATIVE = ROOT / "tests" / "inspection" / "native"


def verdicts(folder: Path, target: str, *names: str) -> dict[str, list[str]]:
    """By file, the verdicts in its origin and in the target."""
    models = [str(NATIVE / name) for name in names]
    run(folder, "upgrade", *models, "--to", target, "--output", "json:result.json")
    document = json.loads((folder / "result.json").read_text())
    found: dict[str, list[str]] = {}
    for cell in document["cells"]:
        found.setdefault(Path(cell["pipeline"]).name, []).append(cell["verdict"])
    return found


def test_a_booster_of_lightgbm_predicts_the_same_in_4_6(tmp_path: Path) -> None:
    """By hand: lightgbm.Booster(model_file=…).predict gives the same in both."""
    target = "scikit-learn==1.7.2 lightgbm==4.6.0"
    found = verdicts(tmp_path, target, "lgb-4.3.0.txt")
    assert found == {"lgb-4.3.0.txt": ["identical", "identical"]}


@pytest.mark.nightly
def test_each_form_of_xgboost_and_catboost_is_answered(tmp_path: Path) -> None:
    """By hand: the old binary form raises in xgboost 3.1, all else predicts the same."""
    names = ("xgb-2.0.3.json", "xgb-2.0.3.ubj", "xgb-2.0.3.model", "cat-1.2.2.cbm")
    found = verdicts(tmp_path, "scikit-learn==1.7.2 xgboost==3.4.1 catboost==1.2.10", *names)
    assert {name: each[0] for name, each in found.items()} == dict.fromkeys(names, "identical")
    there = {name: each[-1] for name, each in found.items()}
    assert there == {**dict.fromkeys(names, "identical"), "xgb-2.0.3.model": "load-failed"}
