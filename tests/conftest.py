"""What holds for all tests, and how they are shared out to processes.

``nox -s tests`` runs them in as many processes as there are cores. The tests of one file stay in
one process, so that no fixture of a file is made twice, and so do the files that share an expensive
fixture (``TOGETHER``). Tests that wait for the night are marked ``nightly`` and run with
``-m nightly`` alone; docs/testing.md says what stands in for each of them in every change.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

# The machines of CI are busy and noisy: no test is judged by its time, and none by chance.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

TOGETHER = {
    "truths": ("test_causes.py", "test_truths.py", "test_where_and_why.py"),
    "project": (
        *("test_recovery.py", "test_damage.py", "test_disk.py", "test_shards.py"),
        *("test_usage.py", "test_workflows.py"),
    ),
}
"""Integration tests that share a fixture of the whole session, by its name."""

FIRST = (
    *("truths", "project", "test_upgrade.py", "test_remedies.py", "test_migrate.py"),
    *("test_skops.py", "test_environments.py", "test_elsewhere.py", "test_hostile.py"),
)
"""What takes longest begins first, so that no process is left with it at the end."""

SPREAD = ("test_faults.py", "test_sandbox.py", "test_memory.py")
"""Files whose tests share nothing: each of them may run in any process."""


def pytest_configure(config: pytest.Config) -> None:
    """Leave out what waits for the night, unless the marker expression speaks of it."""
    if "nightly" not in config.option.markexpr:
        chosen = config.option.markexpr
        config.option.markexpr = f"({chosen}) and not nightly" if chosen else "not nightly"


def group_of(path: Path) -> str:
    """The tests that stay in one process with those of a file."""
    if path.parent.name != "integration":
        return path.as_posix()
    return next((name for name, files in TOGETHER.items() if path.name in files), path.name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups stand together, the longest first, and quick tests last."""

    def order(item: pytest.Item) -> tuple[bool, int]:
        group = group_of(item.path)
        place = FIRST.index(group) if group in FIRST else len(FIRST)
        return item.path.parent.name != "integration", place

    items.sort(key=order)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Share out groups of files in the order of the collection, one after another."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = Path(nodeid.partition("::")[0])
            return nodeid if path.name in SPREAD else group_of(path)

    config.option.loadscopereorder = False
    return Groups(config, log)
