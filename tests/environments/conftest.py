"""Quick tests write nothing into the user's environment store."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def envs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an empty environment store."""
    folder = tmp_path / "envs"
    monkeypatch.setenv("COMPAT_MATRIX_ENVS", str(folder))
    return folder
