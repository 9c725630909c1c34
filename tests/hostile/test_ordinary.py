"""Ordinary files of users pass the gate; the few that are refused are named, with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.inspection import Refusal, inspect, refusals

ROOT = Path(__file__).parents[2]
EXPECTED = {
    "array-beside-record": "numpy.rec.recarray",
    "function-item": "operator.itemgetter",
    "model-cache": "joblib.memory.Memory",
}
"""The objects that are refused, and a name that the refusal gives."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("ordinary")
    script = ROOT / "tools" / "ordinary.py"
    ways = ["joblib", "joblib-lz4", "pickle-2", "pickle-4", "pickle-5"]
    subprocess.run(
        [sys.executable, "-W", "ignore", script, folder, *ways],
        check=True,
        capture_output=True,
        cwd=folder.parent,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    return sorted(folder.iterdir())


def refused(files: list[Path]) -> Iterator[tuple[str, tuple[Refusal, ...]]]:
    for path in files:
        if found := refusals(inspect(path)):
            yield path.name.partition(".")[0], found


def test_at_least_95_percent_pass_without_a_prompt_and_the_others_are_named(
    files: list[Path],
) -> None:
    found = dict(refused(files))
    assert len({path.name.partition(".")[0] for path in files}) >= 120
    assert found.keys() == EXPECTED.keys()
    for name, reasons in found.items():
        assert any(EXPECTED[name].endswith(one.what.rpartition(".")[2]) for one in reasons), reasons
    assert sum(1 for _ in refused(files)) <= 0.05 * len(files)


def test_every_format_is_among_them(files: list[Path]) -> None:
    endings = {path.name.partition(".")[2] for path in files}
    assert endings == {"joblib", "joblib-lz4", "pickle-2", "pickle-4", "pickle-5"}
