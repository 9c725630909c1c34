"""The oldest releases of scikit-learn: their environments, and what is said where there is none."""

from __future__ import annotations

import pytest
from packaging.version import Version

from matrix.catalog import read_or_default
from matrix.environments.history import open_registry
from matrix.upgrade.nearest_release import nearest_release

from .projects import environment


@pytest.mark.parametrize(
    ("version", "nearest"), [("0.17.1", "0.18.2"), ("0.20rc1", "0.20.4"), ("1.6.dev0", "1.6.1")]
)
def test_the_nearest_release_that_can_be_used_is_found(version: str, nearest: str) -> None:
    catalog = read_or_default()
    assert nearest_release(Version(version), open_registry(catalog), catalog) == nearest


def test_a_release_that_is_to_come_is_nearest_to_the_newest() -> None:
    catalog = read_or_default()
    registry = open_registry(catalog)
    newest = registry.release("latest").version
    assert nearest_release(Version("99.0"), registry, catalog) == newest


@pytest.mark.parametrize("common", [(), ("pandas",)])
def test_the_oldest_environment_is_complete(common: tuple[str, ...]) -> None:
    """uv cannot read the metadata of the pandas of that time."""
    found = environment("scikit-learn==0.18.2", common=common).info
    assert found is not None
    assert {"numpy", "scipy", "joblib", *common} <= set(found.packages)
