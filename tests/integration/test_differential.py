"""Every Python and joblib that may load a file looks up nothing that the gate did not see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from matrix.environments import interpreters
from matrix.environments.uv import find_uv
from tests.hostile.differential import Admitted, admitted, unseen
from tests.hostile.streams import made_file
from tests.hostile.test_differential import altered

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="files are loaded in forks"),
]

COUNT = int(os.environ.get("DIFFERENTIAL", "120"))
"""Generated files; ``nox -s fuzz`` makes 5,000."""
SEED = os.environ.get("MUTANTS_SEED", "1")
LOADERS = {
    "3.6": "0.11",
    "3.7": "0.14.1",
    "3.8": "1.0.1",
    "3.9": "1.1.1",
    "3.10": "1.2.0",
    "3.11": "1.1.0",
    "3.12": "1.3.2",
    "3.13": "1.6.0",
}
"""By Python, the joblib in its environment; numpy is the newest for this Python."""
FOR_EACH_CHANGE = ("3.6", "3.9", "3.13")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Admitted]:
    folder = tmp_path_factory.mktemp("files")
    models = tmp_path_factory.mktemp("models")
    made = [made_file(f"{SEED} {number}") for number in range(COUNT)]
    return [
        *admitted(made, folder),
        *admitted(altered(tmp_path_factory.mktemp("one") / "model"), models),
    ]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(one, marks=() if one in FOR_EACH_CHANGE else pytest.mark.nightly)
        for one in LOADERS
    ],
)
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with numpy and a joblib of its time."""
    known = interpreters.find(tmp_path_factory.mktemp("known") / "interpreters.json")
    fitting = interpreters.matching(known, request.param)
    if not fitting:
        pytest.skip(f"Python {request.param} is not on this machine")
    folder = tmp_path_factory.mktemp("environment")
    packages = ["numpy", f"joblib=={LOADERS[request.param]}", "lz4"]
    uv = find_uv()
    subprocess.run([uv, "venv", "-q", "--python", fitting[0].path, folder], check=True)
    made = folder / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "--python", made, *packages], check=True)
    return made


@pytest.mark.parametrize("kinds", [("joblib", "pickle"), ("python",)], ids=" ".join)
def test_it_looks_up_nothing_that_the_gate_did_not_see(
    kinds: tuple[str, ...], python: Path, files: list[Admitted]
) -> None:
    wrong, loaded = unseen(python, files, kinds=kinds)
    assert wrong == []
    assert loaded > len(files) // 12
