"""The real pickle and joblib of this environment look up nothing that the gate did not see."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.differential import Admitted, admitted, unseen
from tests.hostile.files import TRICKS
from tests.hostile.mutants import mutants
from tests.hostile.streams import made_file
from tests.hostile.test_mutants import MODELS, WAYS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files are loaded in forks")

COUNT = int(os.environ.get("DIFFERENTIAL", "150"))
"""Generated files, and altered copies of models; ``nox -s fuzz`` makes 5,000."""
SEED = os.environ.get("MUTANTS_SEED", "1")


@pytest.mark.parametrize("kinds", [("joblib", "pickle"), ("python",)], ids=" ".join)
def test_generated_files(kinds: tuple[str, ...], tmp_path: Path) -> None:
    files = admitted((made_file(f"{SEED} {number}") for number in range(COUNT)), tmp_path)
    wrong, loaded = unseen(sys.executable, files, kinds=kinds)
    assert wrong == []
    assert len(files) > COUNT // 4
    assert loaded > len(files) // 8


def altered(path: Path) -> Iterator[bytes]:
    """A model in each way of saving, and altered copies of it.

    Args:
        path: of a file to save it in.
    """
    for number, way in enumerate(WAYS):
        WAYS[way](MODELS["tree"], path)
        data = path.read_bytes()
        yield data
        yield from mutants(data, COUNT // len(WAYS), int(SEED) + number)


def test_altered_models(tmp_path: Path) -> None:
    files = admitted(altered(tmp_path / "model"), tmp_path)
    wrong, loaded = unseen(sys.executable, files)
    assert wrong == []
    assert loaded >= len(WAYS)


@pytest.mark.parametrize(
    "kind", ["bytes that are said to be objects", "an array of a shape that a call names"]
)
def test_a_file_that_is_read_in_two_ways_is_noticed(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(TRICKS[kind].make("marker"))
    seen = frozenset({("numpy", "dtype")})
    (line,), _ = unseen(sys.executable, [Admitted(path=path, kind="joblib", names=seen)])
    assert "('os', 'mkdir')" in line
