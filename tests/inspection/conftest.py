"""Fixtures of the inspection tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.inspection import Inspection, inspect

Inspect = Callable[[bytes], Inspection]


@pytest.fixture
def inspected(tmp_path: Path) -> Inspect:
    """Inspects bytes, in this process."""

    def run(data: bytes) -> Inspection:
        path = tmp_path / "model.pkl"
        path.write_bytes(data)
        return inspect(path)

    return run
