"""Explanations of cells whose causes are known, since they were planted, are right in every point.

A package of nine versions is built here; in five of them something is done to saved models.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from . import planted
from .projects import environ

CONFIGURATION = f"""
pipelines = ["pipelines"]
download-python = "never"
[sets.default]
scikit-learn = ["1.5"]
planted = ["{planted.VERSIONS[0]}", "{planted.VERSIONS[-1]}"]
"""
WRITER, READER = "sklearn-1.5-planted1.0.0", "sklearn-1.5-planted1.5.1"


PLANTS = [
    pytest.param(plant, id=plant.pipeline)
    if plant.pipeline == "ignored"
    else pytest.param(plant, id=plant.pipeline, marks=pytest.mark.nightly)
    for plant in planted.PLANTS
]


class Stories:
    """What is reported of each pipeline between the first and the last version, by its id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Any] = {}

    def __getitem__(self, pipeline: str) -> Any:
        """Search for the causes of a pipeline's change, unless that was done."""
        if pipeline not in self._known:
            asked(self._folder, "explain", "--deep", pipeline, WRITER, READER)
            if not self._known:  # without --deep: the results of the search stay
                asked(self._folder, "explain", pipeline, WRITER, READER)
            asked(self._folder, "report", "--output", "json:result.json")
            result = json.loads((self._folder / "result.json").read_text("utf-8"))
            self._known |= {story["pipeline"]: story for story in result["stories"]}
        return self._known[pipeline]


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    folder = tmp_path_factory.mktemp("trust")
    planted.write_wheels(folder / "wheels")
    (folder / "pipelines").mkdir()
    (folder / "pipelines" / "plants.py").write_text(planted.PIPELINES, encoding="utf-8")
    (folder / "matrix.toml").write_text(CONFIGURATION, encoding="utf-8")
    asked(folder, "run")
    asked(folder, "report", "--output", "json:result.json")
    result = json.loads((folder / "result.json").read_text("utf-8"))
    sound = [cell for cell in result["cells"] if cell["pipeline"] == "sound"]
    assert {cell["verdict"] for cell in sound} == {"identical"}
    return Stories(folder)


def asked(folder: Path, command: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "matrix", command, "--config", "matrix.toml", *arguments],
        cwd=folder,
        env={**environ(), "UV_FIND_LINKS": str(folder / "wheels")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def said(story: Any, *headings: str) -> str:
    points = {point["heading"]: "\n".join(point["lines"]) for point in story["points"]}
    return "\n".join(points.get(heading, "") for heading in headings)


@pytest.mark.parametrize("plant", PLANTS)
def test_cause_step_package_and_first_bad_version_are_each_right(
    plant: planted.Plant, stories: Stories
) -> None:
    story = stories[plant.pipeline]
    assert story["answer"].endswith(f"({plant.cause})")
    assert all(f"`{name}" in said(story, "Why") for name in plant.names)
    assert plant.value in said(story, "Why")
    assert said(story, "Where", "Contains").startswith((plant.step, f"\n{plant.step}"))
    assert said(story, "Culprit") == "planted alone is responsible (1.0.0 → 1.5.1)"
    assert said(story, "First bad").startswith(f"first bad: planted {plant.since}; ")


@pytest.mark.parametrize("plant", PLANTS)
def test_the_pin_that_is_advised_was_run_and_is_safe(
    plant: planted.Plant, stories: Stories
) -> None:
    pin = said(stories[plant.pipeline], "Remedies").splitlines()[0]
    assert pin.startswith(f'pin "planted<{plant.since.removesuffix(".0")}": ')
    assert ": identical with " in pin


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("pipeline", "setting"),
    [
        ("renamed", "shift_=offset_"),
        ("renamed_quietly", "factor_=scale_"),
    ],
)
def test_an_attribute_that_was_renamed_is_set_and_brings_the_outputs_back(
    pipeline: str, setting: str, stories: Stories
) -> None:
    ways = said(stories[pipeline], "Remedies").splitlines()
    assert f"in 1.5 planted1.5 set {setting}, and save again: identical in the target" in ways
    assert not any("retrain" in way for way in ways)


@pytest.mark.parametrize("pipeline", ["ignored", pytest.param("moved", marks=pytest.mark.nightly)])
def test_where_nothing_keeps_the_predictions_it_is_said(pipeline: str, stories: Stories) -> None:
    assert "retrain: nothing else that was tried" in said(stories[pipeline], "Remedies")
