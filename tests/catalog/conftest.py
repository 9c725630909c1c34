"""A configuration file to try mistakes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.catalog import Catalog, read


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Catalog]:
    """Write a configuration, read it, and return the catalog."""

    def configure(text: str, name: str = "pyproject.toml", **how: object) -> Catalog:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return read(file, **how)  # type: ignore[arg-type]

    return configure
