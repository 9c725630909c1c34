"""The reference pipelines are used by projects without pipelines."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.catalog import read, reference_pipelines, with_reference_pipelines

OWN = """
from compat_matrix import Data, pipeline

@pipeline(data=lambda: None)
def ours():
    return None
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_configuration_all_but_the_extra_ones_are_there(here: Path) -> None:
    found = with_reference_pipelines()
    assert len(found.pipelines) > 100
    assert not any("extra" in pipeline.tags for pipeline in found.pipelines)
    assert found.requirements == ("pandas",)
    assert found.state == here / ".matrix"
    assert found.specs == ()


def test_a_configuration_without_pipelines_keeps_its_other_settings(here: Path) -> None:
    (here / "own.toml").write_text(
        'requirements = ["pandas<2", "lightgbm"]\nstate = "kept"\n[sets.default]\n'
    )
    found = with_reference_pipelines(here / "own.toml")
    assert len(found.pipelines) > 100
    assert found.requirements == ("pandas<2", "lightgbm")
    assert found.state == here / "kept"


def test_own_pipelines_are_checked_alone(here: Path) -> None:
    (here / "models").mkdir()
    (here / "models" / "ours.py").write_text(OWN)
    (here / "own.toml").write_text('pipelines = ["models"]\n[sets.default]\n')
    found = with_reference_pipelines(here / "own.toml")
    assert [pipeline.id for pipeline in found.pipelines] == ["ours"]


def test_they_can_be_named_beside_ones_own(here: Path) -> None:
    (here / "models").mkdir()
    (here / "models" / "ours.py").write_text(OWN)
    (here / "own.toml").write_text(
        f'pipelines = ["models", "{reference_pipelines.NAME}"]\n[sets.default]\n'
    )
    ids = [pipeline.id for pipeline in read(here / "own.toml").pipelines]
    assert "ours" in ids
    assert "tree_classifier" in ids
