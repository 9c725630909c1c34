"""The pipelines and formats of a set."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.catalog import Catalog, read
from matrix.errors import ConfigError

FILE = """
from compat_matrix import pipeline

@pipeline(data=None, tags=["deployed"])
def usual(): ...

@pipeline(data=None, tags=["extra"])
def rare(): ...

@pipeline(data=None, formats=["pickle-5"])
def special(): ...
"""

CONFIGURATION = """
pipelines = ["pipes"]

[formats]
joblib = ["*"]
pickle-2 = ["tag:deployed"]

[sets.default]
scikit-learn = ["1.3"]
skip = ["tag:extra"]

[sets.full]
extends = "default"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "pipes").mkdir()
    (tmp_path / "pipes" / "mine.py").write_text(FILE)
    (tmp_path / "matrix.toml").write_text(CONFIGURATION)
    return tmp_path / "matrix.toml"


def crossed(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    return {pipeline.id: pipeline.formats for pipeline in catalog.pipelines}


def test_formats_are_crossed_with_the_pipelines_of_a_tag(file: Path) -> None:
    assert crossed(read(file, set_name="full")) == {
        "usual": ("joblib", "pickle-2"),
        "rare": ("joblib",),
        "special": ("joblib", "pickle-5"),
    }


def test_a_set_leaves_out_what_it_skips(file: Path) -> None:
    assert list(crossed(read(file))) == ["usual", "special"]


def test_a_skipped_pipeline_can_be_selected_by_name(file: Path) -> None:
    assert list(crossed(read(file, pipeline_globs=["rare"]))) == ["rare"]


def test_a_skip_without_effect_is_a_mistake(file: Path) -> None:
    file.write_text(CONFIGURATION.replace("tag:extra", "tag:extras"))
    with pytest.raises(ConfigError, match=r"sets\.default\.skip\[0\]: no pipeline matches"):
        read(file)


def test_a_set_has_its_own_formats_in_place_of_the_common_ones(file: Path) -> None:
    file.write_text(CONFIGURATION + '\n[sets.full.formats]\npickle-4 = ["usual"]\n')
    assert crossed(read(file, set_name="full")) == {
        "usual": ("pickle-4",),
        "special": ("pickle-5",),
    }
    assert crossed(read(file))["usual"] == ("joblib", "pickle-2")
    file.write_text(CONFIGURATION + '\n[sets.full.formats]\npikle = ["*"]\n')
    with pytest.raises(ConfigError, match=r"sets\.full\.formats\.pikle"):
        read(file)
