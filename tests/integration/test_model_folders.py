"""A folder of MLflow and an archive are one model each, with the origin that they state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .projects import environ, interpreter

SAVE = """
import pickle, joblib, numpy as np, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, OneHotEncoder
ages, cities = np.arange(60) % 40 + 20, ["Rome", "Oslo", "Köln"] * 20
df = pd.DataFrame({"age": ages, "city": cities})
columns = make_column_transformer((StandardScaler(), ["age"]), (OneHotEncoder(), ["city"]))
model = make_pipeline(columns, LogisticRegression()).fit(df, ages > 40)
with open("run/model/model.pkl", "wb") as file:
    pickle.dump(model, file)
joblib.dump(LogisticRegression().fit(ages[:, None], ages > 40), "model.joblib")
"""
MLMODEL = """\
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, python_version: 3.11.7}
  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle, sklearn_version: 1.3.2}
saved_input_example_info: {artifact_path: input_example.json, type: dataframe}
signature:
  inputs: '[{"type": "long", "name": "age"}, {"type": "string", "name": "city"}]'
"""
BY_HAND = """
import pickle, sys, warnings, pandas as pd
warnings.simplefilter("ignore")
model = pickle.load(open("run/model/model.pkl", "rb"))
rows = pd.DataFrame({"age": [20, 50], "city": ["Rome", "Oslo"]})
print(model.predict_proba(rows)[:, 0].tolist())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here, folder = Path.cwd(), tmp_path_factory.mktemp("folders")
    os.chdir(folder)
    model = folder / "run" / "model"
    model.mkdir(parents=True)
    (model / "MLmodel").write_text(MLMODEL)
    (model / "requirements.txt").write_text(
        "mlflow==2.9.2\nscikit-learn==1.3.2\nnumpy==1.25.2\nnobody-has-this-package==1.0\n"
    )
    (model / "input_example.json").write_text(
        '{"columns": ["age", "city"], "data": [[20, "Rome"], [21, "Oslo"]]}'
    )
    subprocess.run([python("1.3.2"), "-c", SAVE], check=True)
    with tarfile.open("model.tar.gz", "w:gz") as archive:
        archive.add("model.joblib")
    yield folder
    os.chdir(here)


def python(release: str) -> Path:
    return interpreter(f"scikit-learn=={release}", common=("pandas",))


def test_a_folder_and_an_archive_are_answered_as_one_model_each(home: Path) -> None:
    command = [sys.executable, "-m", "matrix", "upgrade", "run", "model.tar.gz"]
    command += ["--to", "scikit-learn==1.5.2", "--as-of", "release", "--output", "json:a.json"]
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr  # repr fails, see below
    found = json.loads(Path("a.json").read_text())
    answers = {answer["model"]: answer for answer in found["answers"]}
    assert set(answers) == {"run/model", "model.tar.gz"}
    assert answers["model.tar.gz"]["group"] == "loads"
    folder = answers["run/model"]
    assert folder["rows"]["from input_example.csv"] == 2
    assert sum(folder["rows"].values()) > 100
    origins = {one["id"]: one["lock"]["pins"] for one in found["environments"] if one["lock"]}
    origin = origins[folder["origin"]]
    assert (origin["scikit-learn"], origin["numpy"]) == ("1.3.2", "1.25.2")
    assert not {"mlflow", "nobody-has-this-package"} & set(origin)
    (cell,) = (
        one for one in found["cells"] if one["pipeline"] == "run/model" and "1.5.2" in one["reader"]
    )
    assert cell["verdict"] == "introspection-failed"  # and predictions are the same
    by_hand = [
        json.loads(subprocess.check_output([python(one), "-c", BY_HAND], text=True))
        for one in ("1.3.2", "1.5.2")
    ]
    assert by_hand[0] == pytest.approx(by_hand[1])
