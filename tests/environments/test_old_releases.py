"""What the requirements of scikit-learn's oldest releases leave out."""

from __future__ import annotations

import pytest

from matrix.environments.old_releases import complete
from matrix.model import EnvSpec


def spec(*requirements: str, as_of: str = "release") -> EnvSpec:
    return EnvSpec(id="e", label="e", scikit_learn="0.20", requirements=requirements, as_of=as_of)


@pytest.mark.parametrize("version", ["0.18.2", "0.19.2", "0.20.4"])
def test_releases_before_0_21_get_numpy_scipy_and_joblib(version: str) -> None:
    assert complete(spec(), version) == ("numpy", "scipy", "joblib")


def test_what_the_user_requires_of_them_stays() -> None:
    own = ("numpy==1.16.6", "SciPy<1.3")
    assert complete(spec(*own), "0.20.4") == (*own, "joblib")


def test_later_releases_say_themselves_what_they_need() -> None:
    assert complete(spec("pandas"), "0.21.3") == ("pandas",)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.19.0", ("pandas==0.25.3", "numpy==1.13.3", "scipy", "joblib")),
        ("0.20.3", ("pandas==0.25.3", "numpy", "scipy", "joblib")),
        ("0.20.4", ("pandas", "numpy", "scipy", "joblib")),
        ("0.21.2", ("pandas==0.25.3",)),
    ],
)
def test_pandas_whose_metadata_uv_cannot_read_is_replaced(
    version: str, expected: tuple[str, ...]
) -> None:
    assert complete(spec("pandas"), version) == expected


def test_pandas_of_today_is_left_alone() -> None:
    assert complete(spec("pandas", as_of="today"), "0.21.2") == ("pandas",)
    assert complete(spec("pandas==0.25.1"), "0.21.2") == ("pandas==0.25.1",)
