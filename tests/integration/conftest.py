"""Integration tests run real workers and build real environments."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .bench import Bench
from .projects import CONFIGURATION, command, environ


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, so that ``-m "not integration"`` leaves the quick ones."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("integration")


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
    return Bench(tmp_path, f"pipelines_of_{request.node.name.partition('[')[0]}")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project whose environments stand already."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "matrix.toml").write_text(CONFIGURATION)
    subprocess.run(command(), cwd=folder, env=environ(), check=True, capture_output=True)
    return folder
