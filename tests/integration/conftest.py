"""Integration tests run real workers and build real environments."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .bench import Bench
from .projects import CONFIGURATION, command, environ, interpreter
from .truths import FEW, PIPELINES, Result, taken


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, so that ``-m "not integration"`` leaves the quick ones."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("integration")


@pytest.fixture(scope="session")
def small_environment() -> Path:
    """The interpreter of an environment without pandas: it starts in half the time."""
    return interpreter("scikit-learn==1.5.2", common=())


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest, small_environment: Path) -> Bench:
    name = f"pipelines_of_{request.node.name.partition('[')[0]}"
    return Bench(tmp_path, name, small_environment)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project whose environments stand already."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "matrix.toml").write_text(CONFIGURATION)
    subprocess.run(command(), cwd=folder, env=environ(), check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def truths_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("truths")


@pytest.fixture(scope="session")
def truths(truths_folder: Path, request: pytest.FixtureRequest) -> Result:
    """One run over real releases, for all tests that read cells of it."""
    by_day = "not nightly" in request.config.option.markexpr
    return taken(truths_folder, FEW if by_day else PIPELINES)
