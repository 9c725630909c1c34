"""Files of skops as a format of a run, as a remedy and as a user's model, checked by hand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from matrix.catalog import read_or_default
from matrix.catalog.requirements import read_request, spec_of
from matrix.environments import prepare
from matrix.model import Environment, EnvSpec

from .projects import ROOT, environ

TRAIN = """
import sys, joblib, skops.io
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

model = make_pipeline(StandardScaler(), Ridge()).fit(*load_iris(return_X_y=True))
joblib.dump(model, "ridge.joblib")
skops.io.dump(model, "ridge.skops")
"""

SHOW = """
import sys, joblib, skops.io
from sklearn.datasets import load_iris
path = sys.argv[1]
if path.endswith(".skops"):
    model = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
else:
    model = joblib.load(path)
print(model.predict(load_iris().data).round(12).tolist())
"""

SHOW_JOBLIB = SHOW.replace("joblib, skops.io", "joblib")
"""For an environment without skops."""

CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures"]
requirements = ["pandas", "skops"]
[formats]
joblib = ["*"]
skops = ["*"]
[sets.default]
scikit-learn = ["1.3", "1.5"]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("skops"))
    python(environment("scikit-learn==1.5.2"), "-c", TRAIN)
    yield Path()
    os.chdir(here)


def environment(*requirements: str, skops: bool = True) -> Environment:
    """The environment that the tool makes for some requirements as of the release."""
    common = ("pandas", "skops") if skops else ("pandas",)
    spec = spec_of(read_request(requirements), as_of="release", common=common)
    (found,) = made(spec)
    return found


def made(*specs: EnvSpec) -> list[Environment]:
    catalog = read_or_default()
    found = prepare(replace(catalog, specs=specs), remember=False)
    assert all(one.ready for one in found), [one.reason for one in found]
    return found


def python(where: Environment, *arguments: str | Path) -> str:
    assert where.info is not None
    command = [where.info.executable, "-W", "ignore", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def matrix(*arguments: str | Path) -> tuple[int, str]:
    """The exit code of a command, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "matrix", *map(str, arguments)],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.nightly
def test_what_numpy_2_has_saved_goes_to_numpy_1_without_another_format(home: Path) -> None:
    """Arrays in a pickle name modules of the numpy that wrote them; they are found by both names.

    A script of that needs the stand-ins for these modules, though nothing in the model changes.
    """
    target = environment("scikit-learn==1.2.2", skops=False)
    with pytest.raises(subprocess.CalledProcessError):
        python(target, "-c", SHOW_JOBLIB, "ridge.joblib")
    to = ("--to", "scikit-learn==1.2.2", "--as-of", "release", "--script", "to_numpy_1.py")
    code, said = matrix("migrate", "ridge.joblib", *to)
    assert code == 0, said
    written = Path("ridge.sklearn-1.2.2.joblib")
    told = json.loads(Path(f"{written}.provenance.json").read_text())
    assert told["way"] == "convert the fitted state"
    assert told["compared"]["predict"] in ("identical", "equivalent")
    before = python(environment("scikit-learn==1.5.2"), "-c", SHOW, "ridge.joblib")
    assert python(target, "-c", SHOW_JOBLIB, written) == before
    python(target, "-I", "to_numpy_1.py", "1", "ridge.joblib", "by-script.joblib")
    assert python(target, "-c", SHOW_JOBLIB, "by-script.joblib") == before


@pytest.mark.nightly
def test_a_file_of_skops_is_checked_like_any_other(home: Path) -> None:
    to = ("--to", "scikit-learn==1.6.1", "--as-of", "release")
    code, said = matrix("upgrade", "ridge.skops", *to, "--output", "json:answers.json")
    (answer,) = json.loads(Path("answers.json").read_text())["answers"]
    assert answer["problem"] == "", said
    places = [environment(f"scikit-learn=={release}") for release in ("1.5.2", "1.6.1")]
    assert len({python(place, "-c", SHOW, "ridge.skops") for place in places}) == 1
    # The repr of a pipeline of 1.5 fails in 1.6, where it looks for what came then.
    assert code == 1
    assert "predicts the same, but fails in repr with scikit-learn 1.6.1" in " ".join(said.split())
    gate = re.search(
        r"first gate only in 1\.5\.2 skops0\.\d+\.\d, 1\.6\.1: skops before 0\.16", said
    )
    assert gate is not None, said


@pytest.mark.nightly
def test_it_is_a_format_of_a_run(home: Path) -> None:
    Path("matrix.toml").write_text(CONFIGURATION)
    wanted = (
        "--config",
        "matrix.toml",
        "--pipelines",
        "bisecting_kmeans",
        "--output",
        "json:r.json",
    )
    code, said = matrix("run", *wanted)
    assert code == 0, said
    cells = {
        (cell["format"], cell["writer"], cell["reader"]): cell
        for cell in json.loads(Path("r.json").read_text())["cells"]
    }
    one, other = "sklearn-1.5", "sklearn-1.3"
    assert cells["joblib", one, other]["verdict"] == "load-failed"
    assert cells["skops", one, other]["verdict"] in ("identical", "equivalent")
