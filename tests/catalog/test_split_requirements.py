"""Requirements that are typed in one text are separated by spaces, by commas, or by both."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.catalog.split_requirements import split_requirements

REQUIREMENTS = [
    "scikit-learn==1.6.1",
    "scikit-learn>=1.3,<1.5",
    "scikit-learn>=1.3, <1.5, !=1.4.0",
    "numpy<2",
    "numpy == 1.26",
    "pandas[excel,parquet]>=2",
    "xgboost (>=2, <3)",
    "zope.interface",
    "package @ https://example.org/package-1.0.zip",
    "1.5",
    "latest",
    "requirements/new.txt",
    "../new.txt",
    "/locks/pylock.toml",
    "python==3.13",
]
WITH_MARKERS = [
    "numpy<2; python_version < '3.9'",
    "scipy>=1,<2; sys_platform == 'linux' and python_version in '3.8 3.9,x'",
]


@pytest.mark.parametrize("requirement", [*REQUIREMENTS, *WITH_MARKERS])
def test_one_requirement_stays_whole(requirement: str) -> None:
    assert split_requirements(f" {requirement} ") == [requirement]


@given(
    st.lists(st.sampled_from(REQUIREMENTS), min_size=1, max_size=5),
    st.sampled_from([",", ", ", " , ", " ", "  ", " ,"]),
)
def test_several_are_separated_by_spaces_or_commas(parts: list[str], separator: str) -> None:
    assert split_requirements(separator.join(parts)) == parts


@given(st.lists(st.sampled_from([*REQUIREMENTS, *WITH_MARKERS]), min_size=1, max_size=5))
def test_a_comma_ends_a_marker_too(parts: list[str]) -> None:
    assert split_requirements(", ".join(parts)) == parts


def test_a_file_may_have_spaces_and_commas_in_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old, known good.txt").touch()
    assert split_requirements("old, known good.txt") == ["old, known good.txt"]
