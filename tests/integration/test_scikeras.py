"""A pipeline of scikit-learn with a network of Keras, by scikeras: in a matrix, and as a file.

Three environments with JAX, of about 700 MB each.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .projects import ROOT, environ

pytestmark = pytest.mark.nightly

CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures/_scikeras"]
[sets.default]
environments = [{{ name = "scikeras", keras = "3.4.1", requirements = ["scikeras"] }}]
"""
NAMES = (
    "pipelines_scikeras.network",
    "scikeras._saving_utils.unpack_keras_model",
    "scikeras.utils.transformers.RegressorTargetEncoder",
    "scikeras.wrappers.KerasRegressor",
)
LOAD = """
import sys
sys.path[:0] = sys.argv[2:]
import joblib, pipelines_scikeras

rows = pipelines_scikeras.table().rows
print([float(one) for one in joblib.load(sys.argv[1]).predict(rows)])
"""


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matrix", *arguments],
        cwd=folder,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``net.joblib`` that the matrix saved, and with the result of the matrix."""
    folder = tmp_path_factory.mktemp("scikeras")
    (folder / "matrix.toml").write_text(CONFIGURATION)
    done = call(folder, "run", "--config", "matrix.toml", "--output", "json:found.json")
    assert (folder / "found.json").exists(), done.stderr
    (cell,) = json.loads((folder / "found.json").read_text())["cells"]
    (file,) = (folder / ".matrix").rglob(f"{cell['artifact']}*")
    shutil.copyfile(file, folder / "net.joblib")
    return folder


def test_it_is_the_same_where_it_was_saved(saved: Path) -> None:
    (cell,) = json.loads((saved / "found.json").read_text())["cells"]
    assert (cell["verdict"], cell["format"]) == ("identical", "joblib")


def test_it_is_refused_until_its_names_are_trusted(saved: Path) -> None:
    done = call(saved, "upgrade", "net.joblib", "--to", "scikit-learn==1.5.1")
    assert done.returncode == 3
    text = " ".join(done.stdout.split())
    assert "unpack_keras_model (reads a file of Keras inside of this one" in text
    assert all(f"--trust {name}" in text for name in NAMES)


def test_it_predicts_the_same_with_the_newest_keras_as_a_plain_script_finds(saved: Path) -> None:
    code = ROOT / "fixtures/_scikeras"
    trusted = [part for name in NAMES for part in ("--trust", name)]
    done = call(
        saved,
        *("upgrade", "net.joblib", "--path", str(code), "--with", "scikeras", *trusted),
        *("--to", "scikit-learn==1.5.1", "--output", "json:answer.json"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads((saved / "answer.json").read_text())
    assert {one["verdict"] for one in answer["cells"]} <= {"identical", "equivalent"}
    releases, found = set(), []
    for one in answer["environments"]:
        releases.add(one["info"]["packages"]["keras"])
        folders = [str(code), str(ROOT / "matrix/worker")]
        script = [one["info"]["executable"], "-c", LOAD, str(saved / "net.joblib"), *folders]
        variables = {**environ(), "KERAS_BACKEND": "jax", "KERAS_HOME": str(saved / "home")}
        text = subprocess.run(script, env=variables, capture_output=True, text=True, check=True)
        found.append(json.loads(text.stdout.splitlines()[-1]))
    assert len(releases) == 2
    assert found[1] == pytest.approx(found[0], abs=1e-4)
