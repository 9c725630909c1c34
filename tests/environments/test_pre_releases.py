"""``pre-release`` is the newest scikit-learn of all, whether it is final or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from matrix.catalog import checks
from matrix.environments.releases import Registry, Release
from matrix.model import Interpreter


class Answering:
    """A registry with a candidate, which it gives to those alone who ask for such."""

    def describe(
        self, _: Sequence[str], *, pre_releases: bool = False, **__: object
    ) -> list[Mapping[str, Any]]:
        return [{"version": "1.10.0rc1" if pre_releases else "1.9.1"}]


@pytest.mark.parametrize(
    ("requested", "version"), [("pre-release", "1.10.0rc1"), ("latest", "1.9.1")]
)
def test_pre_releases_are_found_only_if_requested(requested: str, version: str) -> None:
    python = Interpreter(path=Path("python"), version="3.13.0")
    registry = Registry(uv=Answering(), interpreters=(python,))
    with ThreadPoolExecutor(1) as pool:
        assert registry.releases([requested], pool) == {
            requested: Release(version=version, uploaded=None)
        }


def test_it_is_a_word_of_the_configuration() -> None:
    assert checks.scikit_learn("pre-release") == "pre-release"
    with pytest.raises(ValueError, match="is not a version"):
        checks.scikit_learn("nightly")
