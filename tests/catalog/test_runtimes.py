"""Known runtimes by name: each has its source, and a wrong name gets a proposal."""

from __future__ import annotations

import re
from datetime import date

import pytest
from packaging.requirements import Requirement

from matrix.catalog.requirements import read_request, spec_of
from matrix.catalog.runtimes import Runtime, known
from matrix.errors import UsageError


@pytest.mark.parametrize("one", known(), ids=lambda one: one.name)
def test_each_runtime_has_a_source_a_day_and_scikit_learn(one: Runtime) -> None:
    """The source is a file at a commit, so that anybody can read the same list."""
    assert re.fullmatch(r"https://github\.com/[\w./-]+/blob/[0-9a-f]{40}/[\w./-]+", one.source)
    assert date.fromisoformat(one.date).year >= 2023
    names = [Requirement(text).name for text in one.packages]
    assert names[0] == "scikit-learn"
    assert len(set(names)) == len(names)
    assert re.fullmatch(r"(3\.\d+)?", one.python)


def test_names_are_unique() -> None:
    assert len({one.name for one in known()}) == len(known())


def test_a_runtime_is_an_environment_with_its_versions_and_its_source_in_a_note() -> None:
    found = read_request(["sagemaker:1.4-2"])
    assert (found.scikit_learn, found.python) == ("1.4.2", "3.10")
    assert "numpy==2.1.0" in found.others
    assert found.file == "sagemaker:1.4-2"
    assert any("sagemaker-scikit-learn-container/blob/" in note for note in found.notes)
    spec = spec_of(found, as_of="today", common=["polars"])
    assert spec.label == "sagemaker:1.4-2 today"
    assert not any("polars" in text for text in spec.requirements)


def test_what_a_runtime_does_not_pin_is_resolved_as_of_its_list() -> None:
    assert read_request(["sagemaker:1.4-2"]).day == "2026-04-17"
    assert read_request(["Databricks:15.4-ML"]).day == "2025-12-09"
    assert read_request(["vertex:1.0"]).day == "release"


def test_a_line_is_all_that_is_known_of_some() -> None:
    found = read_request(["vertex:1.0"])
    assert (found.scikit_learn, found.python, found.others) == ("1.0", None, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sagemaker:1.5-1", "Did you mean sagemaker:1"),
        ("sagemakr:1.4-2", "Did you mean sagemaker:1.4-2?"),
        ("colab", "Known: colab:2026.07"),
        ("databricks:15.5", "databricks:15.4-ml"),
        ("kaggle:2025", "Known: sagemaker:0.23-1"),
    ],
)
def test_an_unknown_name_gets_a_proposal_and_the_list(text: str, message: str) -> None:
    with pytest.raises(UsageError, match="no runtime is called that") as caught:
        read_request([text])
    assert message in caught.value.advice


@pytest.mark.parametrize("text", ["numpy", "scikit-learn==1.5.2", "latest", "1.5"])
def test_requirements_stay_what_they_are(text: str) -> None:
    assert read_request([text]).file == ""
