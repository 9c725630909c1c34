"""The same run gives the same verdicts, whatever else the machine does."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .projects import forget, table

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

BUSY = 20
"""Processes that each keep a processor busy."""


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def verdicts(project: Path) -> list[dict[str, Any]]:
    """What a run says of each cell; where it is timed out, how much time was used is left out."""
    shown = ("pipeline", "format", "writer", "reader", "verdict", "stage", "outputs")
    return [{name: cell[name] for name in shown} for cell in table(project)]


def test_a_run_beside_twenty_busy_processes_gives_the_verdicts_of_an_idle_machine(
    project: Path,
) -> None:
    idle = verdicts(project)
    forget(project / ".matrix")
    with busy_machine():
        busy = verdicts(project)
    assert busy == idle
    assert len(idle) >= 16
