"""The oldest releases of scikit-learn: their environments, and what is said where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from matrix.catalog import read_or_default
from matrix.environments.history import open_registry
from matrix.upgrade.nearest_release import nearest_release

from .projects import environ, environment, interpreter


@pytest.mark.parametrize(
    ("version", "nearest"), [("0.17.1", "0.18.2"), ("0.20rc1", "0.20.4"), ("1.6.dev0", "1.6.1")]
)
def test_the_nearest_release_that_can_be_used_is_found(version: str, nearest: str) -> None:
    catalog = read_or_default()
    assert nearest_release(Version(version), open_registry(catalog), catalog) == nearest


def test_a_release_that_is_to_come_is_nearest_to_the_newest() -> None:
    catalog = read_or_default()
    registry = open_registry(catalog)
    newest = registry.release("latest").version
    assert nearest_release(Version("99.0"), registry, catalog) == newest


@pytest.mark.parametrize("common", [(), ("pandas",)])
def test_the_oldest_environment_is_complete(common: tuple[str, ...]) -> None:
    """uv cannot read the metadata of the pandas of that time."""
    found = environment("scikit-learn==0.18.2", common=common).info
    assert found is not None
    assert {"numpy", "scipy", "joblib", *common} <= set(found.packages)


SAVE = """
import sys, joblib, numpy as np
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.pipeline import make_pipeline

X = np.random.RandomState(0).rand(100, 3)
y = np.where(X[:, 0] > 0.5, "yes", "no").astype(object)
network = MLPClassifier((4,), max_iter=50, random_state=0)
joblib.dump(make_pipeline(StandardScaler(), network).fit(X, y), "network.pkl")
joblib.dump(GaussianNB().fit(X, y), "zipped.pkl", compress=3, cache_size=0)
"""
RENAME = (b"cjoblib.numpy_pickle\nN", b"csklearn.externals.joblib.numpy_pickle\nN")
"""The name of the wrapper in files that scikit-learn's own joblib wrote."""


@pytest.fixture(scope="module")
def old_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models whose arrays joblib 0.9 put into files beside them."""
    folder = tmp_path_factory.mktemp("old")
    pins = ("scikit-learn==0.18.2", "numpy==1.13.3", "scipy==0.19.1", "joblib==0.9.4")
    subprocess.run([interpreter(*pins, common=()), "-c", SAVE], check=True, cwd=folder)
    own = (folder / "network.pkl").read_bytes().replace(*RENAME)
    (folder / "own.pkl").write_bytes(own)
    assert (folder / "network.pkl_01.npy").exists()
    assert (folder / "zipped.pkl_01.npy.z").exists()
    assert own.count(RENAME[1]) == 1
    return folder


def test_a_model_with_files_beside_it_is_answered(old_files: Path) -> None:
    """From 0.18.2, whose joblib no longer wrote such files, to a release with another joblib."""
    names = ["network.pkl", "zipped.pkl", "own.pkl"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "matrix", "upgrade", *names),
            *("--to=scikit-learn==0.20.4", "--output", "json:found.json"),
        ],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
        cwd=old_files,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cells = json.loads((old_files / "found.json").read_text())["cells"]
    assert len(cells) == 2 * len(names)
    assert {cell["verdict"] for cell in cells} <= {"identical", "equivalent"}
