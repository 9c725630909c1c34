"""The oldest releases of scikit-learn: their environments, and what is said where there is none."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from matrix import causes
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


@pytest.mark.nightly
def test_the_command_that_an_answer_prints_converts_an_old_file(tmp_path: Path) -> None:
    """0.20 saved it with the joblib inside it; 0.23 reads neither that nor the scaler."""
    writer = interpreter("scikit-learn==0.20.4", "numpy==1.16.6", "scipy==1.2.3")
    subprocess.run([writer, "-c", SAVE_BY_SKLEARN], check=True, cwd=tmp_path)
    target = "scikit-learn==1.0.2"
    answer = matrix(tmp_path, "upgrade", "model.pkl", "--to", target)
    assert answer.returncode == 1, answer.stderr
    line = f"compat-matrix migrate model.pkl --to {target}"
    assert line in map(str.strip, answer.stdout.splitlines())
    done = matrix(tmp_path, *shlex.split(line)[1:])
    assert done.returncode == 0, done.stdout + done.stderr
    reader = interpreter(target)
    subprocess.run([reader, "-c", COMPARE, "model.sklearn-1.0.2.pkl"], check=True, cwd=tmp_path)


SAVE_BY_SKLEARN = """
import numpy as np
from sklearn.externals import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X = np.random.RandomState(0).rand(90, 3)
y = (X[:, 0] > X[:, 1]).astype(int)
model = make_pipeline(StandardScaler(), LogisticRegression(solver="liblinear")).fit(X, y)
joblib.dump(model, "model.pkl")
np.save("before.npy", model.predict_proba(X))
"""
COMPARE = """
import sys, joblib, numpy as np

X = np.random.RandomState(0).rand(90, 3)
found = joblib.load(sys.argv[1]).predict_proba(X)
np.testing.assert_allclose(found, np.load("before.npy"), rtol=1e-6)
"""


def matrix(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matrix", *arguments],
        env={**environ(), "COLUMNS": "60"},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


MODULES = """
from sklearn._build_utils.deprecated_modules import _DEPRECATED_MODULES

for new, old, _, _ in _DEPRECATED_MODULES:
    print(old, old.rpartition(".")[0] + "." + new)
"""


@pytest.mark.nightly
def test_the_causes_name_exactly_the_modules_that_0_23_lists() -> None:
    found = subprocess.run(
        [interpreter("scikit-learn==0.23.2"), "-c", MODULES],
        capture_output=True,
        text=True,
        check=True,
    )
    old, new = zip(*(line.split() for line in found.stdout.splitlines()), strict=True)
    assert len(old) > 100
    for id_, names in (("module-names-0.24", old), ("module-names-0.22", new)):
        (signature,) = causes.by_id()[id_].signatures
        assert signature.message is not None
        for name in names:
            assert signature.message.search(f"No module named '{name}'"), name
        assert signature.message.pattern.count("|") + 1 == len(set(names)), "and no others"
