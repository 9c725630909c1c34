"""Ids and labels of environments."""

from __future__ import annotations

import pytest

from matrix.catalog.environment_names import (
    environment_id,
    environment_labels,
    meaning_of_latest,
    of_file,
    of_many,
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("1.3", "newest", {}), "sklearn-1.3"),
        (("0.24", "3.7", {}), "sklearn-0.24-py3.7"),
        (("1.5", "newest", {"joblib": "1.2.0"}), "sklearn-1.5-joblib1.2.0"),
        (("2.0", "3.11", {}, "release", "xgboost"), "xgboost-2.0-py3.11"),
        (("1.5", "oldest", {"numpy": "<2"}), "sklearn-1.5-oldest-numpylt2"),
        (("1.5", ">=3.9,<3.12", {}, "today"), "sklearn-1.5-pyge3.9-lt3.12-today"),
    ],
)
def test_an_id_contains_the_values_that_are_not_defaults(
    said: tuple[object, ...], expected: str
) -> None:
    """Newest Python and as of its release go without saying."""
    assert environment_id(*said) == expected  # type: ignore[arg-type]


def test_labels_are_short_and_differ() -> None:
    """Versions are shortened only where that leaves every label different."""
    environments = [
        ("1.5", "newest", {"joblib": "1.2.0"}, "release", "scikit-learn"),
        ("1.5", "newest", {"numpy": "2.0.0"}, "release", "scikit-learn"),
        ("1.5", "newest", {"numpy": "2.0.2"}, "release", "scikit-learn"),
        ("0.24", "3.7", {}, "release", "scikit-learn"),
        ("2.0", "newest", {}, "release", "xgboost"),
    ]
    assert environment_labels(environments) == [
        "1.5 joblib1.2",
        "1.5 numpy2.0.0",
        "1.5 numpy2.0.2",
        "0.24 py3.7",
        "xgboost 2.0",
    ]


def test_latest_is_named_as_if_listed() -> None:
    """What latest means today has the name that its line has; a name of its own stays."""
    assert meaning_of_latest("sklearn-latest-py3.9", "latest py3.9", "1.11") == (
        "sklearn-1.11-py3.9",
        "1.11 py3.9",
    )
    assert meaning_of_latest("xgboost-latest", "xgboost latest", "3.4", "xgboost") == (
        "xgboost-3.4",
        "xgboost 3.4",
    )
    assert meaning_of_latest("prod", "prod", "1.11") == ("prod", "prod")


def test_a_file_and_many_requirements_are_named_by_digest() -> None:
    """What is too long, or stands in a file, is distinguished by the digest of its text."""
    assert of_file("requirements.txt", "0123abcd", "release") == (
        "requirements-0123abcd",
        "requirements.txt",
    )
    assert of_file("pylock.prod.toml", "0123abcd", "today") == (
        "pylock.prod-0123abcd-today",
        "pylock.prod.toml today",
    )
    assert of_file(".txt", "0123abcd", "release")[0] == "file-0123abcd"
    assert of_many("1.5", "0123abcd", "today") == "sklearn-1.5-0123abcd-today"
