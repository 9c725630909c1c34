"""The origin of a model, derived from its file."""

from __future__ import annotations

import pytest

from matrix.catalog.origin import origin_spec
from matrix.errors import UsageError


@pytest.mark.parametrize(
    ("version", "numpy", "python", "id_", "requirements"),
    [
        ("1.2.2", "", "", "sklearn-1.2.2", ()),
        ("0.22.2.post1", "1", "3.4", "sklearn-0.22.2.post1", ()),
        ("1.0", "", "", "sklearn-1.0.0", ()),
        ("1.5.0rc1", "", "", "sklearn-1.5.0rc1", ()),
        ("1.3.2+local", "", "", "sklearn-1.3.2", ()),
        ("1.6.1", "2", "", "sklearn-1.6.1-numpyge2", ("numpy>=2",)),
        ("1.4.2", "2", "", "sklearn-1.4.2-numpyge2-2024-07-07", ("numpy>=2",)),
        ("1.6.1", "1", "", "sklearn-1.6.1-numpylt2", ("numpy<2",)),
        ("1.3.2", "1", "3.8", "sklearn-1.3.2", ()),
        ("0.24.2", "1", "3.8", "sklearn-0.24.2-pyge3.8", ()),
        ("0.24.2", "1", "3.6", "sklearn-0.24.2", ()),
    ],
)
def test_versions_become_an_environment(
    version: str, numpy: str, python: str, id_: str, requirements: tuple[str, ...]
) -> None:
    """Exactly that release, as of its release, with a requirement only where it matters."""
    bounds = {"numpy": {"1": "<2", "2": ">=2"}[numpy]} if numpy else {}
    spec = origin_spec(version, bounds=bounds, python=python, common=("pandas",))
    assert spec.id == id_
    assert spec.requirements == ("pandas", *requirements)


def test_numpy_2_with_an_older_scikit_learn_is_as_of_its_release() -> None:
    """scikit-learn 1.4.2 came out before numpy 2, and was made for it."""
    assert origin_spec("1.4.2", bounds={"numpy": ">=2"}).as_of == "2024-07-07"
    assert origin_spec("1.4.2", bounds={"numpy": "<2"}).as_of == "release"
    assert origin_spec("1.5.1", bounds={"numpy": ">=2"}).as_of == "release"


@pytest.mark.parametrize(
    ("version", "bounds", "as_of", "requirements"),
    [
        ("1.0.2", {"joblib": ">=1.2"}, "2022-10-07", ("joblib>=1.2",)),
        ("1.2.0", {"joblib": ">=1.2"}, "release", ()),
        ("1.0.2", {"scipy": ">=1.8", "numpy": "<2"}, "2022-02-26", ("scipy>=1.8",)),
        ("0.21.2", {"numpy": ">=1.17,<2"}, "2019-08-16", ("numpy>=1.17",)),
        ("1.1.3", {"numpy": ">=1.24,<2", "joblib": ">=1.2"}, "2023-01-08", ("numpy>=1.24",)),
        ("1.3.2", {"pandas": "<2"}, "release", ("pandas<2",)),
        ("1.1.3", {"pandas": "<2"}, "release", ()),
        ("1.2.2", {"pandas": ">=2.1"}, "2023-09-20", ("pandas>=2.1",)),
        ("1.3.2", {"numpy": ">=2"}, "release", ()),  # it does not work with numpy 2
    ],
)
def test_a_newer_package_in_the_file_moves_the_day(
    version: str, bounds: dict[str, str], as_of: str, requirements: tuple[str, ...]
) -> None:
    """scikit-learn 1.0.2 as of its release has joblib 1.1, which cannot read such a file."""
    spec = origin_spec(version, bounds=bounds)
    assert (spec.as_of, spec.requirements) == (as_of, requirements)


@pytest.mark.parametrize("version", ["1.6.dev0", "1.8.dev0+gitabc", "unknown", ""])
def test_a_version_that_no_registry_has_is_refused(version: str) -> None:
    """The way on is to say which release is meant."""
    with pytest.raises(UsageError) as error:
        origin_spec(version)
    assert "--from scikit-learn==" in error.value.advice
