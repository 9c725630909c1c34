"""The answer says in which environments nothing watches a load."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.inspection import Inspection, ModelNode
from matrix.model import EnvInfo, Environment, EnvSpec
from matrix.upgrade.admission import first_gate_only
from matrix.upgrade.answer import Model


def environment(python: str, skops: str = "", *, ready: bool = True) -> Environment:
    packages = {"skops": skops} if skops else {}
    info = EnvInfo(python=python, platform="linux", executable=Path("python"), packages=packages)
    spec = EnvSpec(id=f"python-{python}", label=f"Python {python}", scikit_learn="1.0")
    return Environment(spec=spec, info=info if ready else None, reason="" if ready else "none")


def model(container: str) -> Model:
    found = Inspection(
        path=Path("m"),
        size=10,
        sha256="ab" * 32,
        container=container,
        protocol=4,
        root=ModelNode(kind="sklearn.svm._classes.SVC"),
    )
    return Model(id="m", path=Path("m"), inspection=found)


@pytest.mark.parametrize("container", ["pickle", "joblib"])
def test_python_before_3_8_cannot_watch_a_pickle(container: str) -> None:
    there = [environment(python) for python in ("3.6.15", "3.7.16", "3.8.18", "3.13.0")]
    said = first_gate_only(model(container), there)
    assert said.startswith("first gate only in Python 3.6.15, Python 3.7.16: Python before 3.8")


def test_skops_before_0_16_does_not_ask_about_all() -> None:
    there = [environment("3.10.1", "0.13"), environment("3.12.1", "0.16.0")]
    assert first_gate_only(model("skops"), there).startswith(
        "first gate only in Python 3.10.1: skops before 0.16"
    )


def test_nothing_is_said_of_environments_that_watch_or_load_nothing() -> None:
    there = [environment("3.6.15", ready=False), environment("3.8.18")]
    assert first_gate_only(model("pickle"), there) == ""
