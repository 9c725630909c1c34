"""A bump of pandas alone: what changes is the table, and a plain script says the same.

Both environments have the same scikit-learn. pandas 3 makes a column of texts with NaN where
pandas 2 makes one of objects with None.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .projects import environ, interpreter

BEFORE = ("scikit-learn==1.7.2", "pandas==2.2.3")
AFTER = ("scikit-learn==1.7.2", "pandas==3.0.0")

COMMON = """
import json, sys
import joblib
import numpy as np
import pandas as pd

def rows(n):
    random = np.random.RandomState(n)
    cities = [["Bern", "Oslo", "Rome", None][at] for at in random.randint(4, size=n)]
    return {"city": cities, "size": random.standard_normal(n).round(3).tolist()}
"""
TREATMENT = """
def filled(table):
    return table.astype(object).where(table.notna(), "none")

def known(table):
    return table.apply(lambda column: column.map(lambda value: "none" if value is None else value))

def as_texts(table):
    return table.astype(str)
"""
TRAIN = (
    COMMON
    + """
import treatment
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

values = rows(200)
X = pd.DataFrame(values)
y = [int(2 * (c is None) - (c == "Rome") + s > 0.3) for c, s in zip(values["city"], values["size"])]
unseen = dict(handle_unknown="ignore")
for name, encoder in {
    "onehot": OneHotEncoder(**unseen),
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "strict": OneHotEncoder(),
    "own_code": make_pipeline(FunctionTransformer(treatment.known), OneHotEncoder(**unseen)),
    "conversion": make_pipeline(FunctionTransformer(treatment.as_texts), OneHotEncoder(**unseen)),
    "unaffected": make_pipeline(FunctionTransformer(treatment.filled), OneHotEncoder(**unseen)),
}.items():
    if sys.argv[1:] and name not in sys.argv[1:]:
        continue
    columns = make_column_transformer((encoder, ["city"]), remainder="passthrough")
    joblib.dump(make_pipeline(columns, LogisticRegression()).fit(X, y), name + ".joblib")
X = pd.DataFrame(rows(50))
X.to_parquet("rows.parquet")
"""
)
PREDICT = (
    COMMON
    + """
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = joblib.load(name + ".joblib").predict(pd.DataFrame(rows(50))).tolist()
    except Exception as error:
        found[name] = type(error).__name__
print(json.dumps(found))
"""
)
MODELS = ("onehot", "ordinal", "strict", "own_code", "conversion", "unaffected")


def python(*requirements: str) -> Path:
    """The interpreter of an environment with these packages, as the check itself builds it."""
    return interpreter(*requirements, "pyarrow", as_of="today", common=())


def run(executable: Path, script: str, *arguments: str) -> str:
    done = subprocess.run(
        [executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here, found = Path.cwd(), tmp_path_factory.mktemp("own_table")
    os.chdir(found)
    (found / "treatment.py").write_text(TREATMENT)
    run(python(*BEFORE), TRAIN)
    yield found
    os.chdir(here)


@pytest.fixture(scope="module")
def plain(folder: Path) -> dict[str, int | str]:
    """By model, how many of 50 labels a plain script changes, or what it raises."""
    before, after = (json.loads(run(python(*one), PREDICT, *MODELS)) for one in (BEFORE, AFTER))
    return {
        name: new if isinstance(new, str) else sum(map(int.__ne__, before[name], new))
        for name, new in after.items()
    }


def check(
    folder: Path,
    *arguments: str,
    models: tuple[str, ...] = MODELS,
    before: tuple[str, ...] = BEFORE,
    after: tuple[str, ...] = AFTER,
) -> dict[str, Any]:
    """By model, the cell of the target; the text of the terminal by ``""``."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "matrix", "upgrade", *(f"{name}.joblib" for name in models)),
            *("--from", ",".join([*before, "pyarrow"]), "--to", ",".join([*after, "pyarrow"])),
            *(f"--trust=treatment.{name}" for name in ("known", "as_texts", "filled")),
            *("--path", ".", "--output", "json:found.json", *arguments),
        ],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    cells = json.loads((folder / "found.json").read_text())["cells"]
    found = {
        Path(cell["pipeline"]).stem: cell for cell in cells if cell["reader"] != cell["writer"]
    }
    return {**found, "": " ".join(done.stdout.split())}


@pytest.fixture(scope="module")
def given(folder: Path, plain: dict[str, int | str]) -> dict[str, Any]:
    return check(folder, "--data", "rows.parquet")


@pytest.mark.nightly
def test_a_changed_table_is_found_in_the_users_rows(
    given: dict[str, Any], plain: dict[str, int | str]
) -> None:
    for name in ("onehot", "ordinal", "own_code"):
        cell, output = given[name], given[name]["outputs"]["predict"]
        assert cell["verdict"] == "input-changed"
        assert output["verdict"] == "labels-changed"
        assert plain[name]
        assert (output["n_changed"], output["n"]) == (plain[name], output["n"])
        assert cell["reason"].startswith("with pandas 3.0.0: column city, rows ")
        assert cell["reason"].endswith("more: None → nan")
        changes = f"changes {plain[name]} of {output['n']} labels"
        assert f"input-changed {cell['reason']}; {changes}" in given[""]


@pytest.mark.nightly
def test_a_model_that_rejects_the_changed_table_fails_by_the_table(
    given: dict[str, Any], plain: dict[str, int | str]
) -> None:
    assert plain["strict"] == "ValueError"
    assert given["strict"]["verdict"] == "use-failed"
    table = given["strict"]["reason"]
    assert table.startswith("with pandas 3.0.0: column city, rows ")
    assert f"({table}; the model itself is the same)" in given[""]


@pytest.mark.nightly
def test_a_model_that_treats_missing_texts_itself_is_the_same(
    given: dict[str, Any], plain: dict[str, int | str]
) -> None:
    assert plain["unaffected"] == 0
    assert given["unaffected"]["verdict"] == "identical"


@pytest.mark.nightly
def test_a_conversion_by_pandas_inside_the_model_changes_the_model_itself(
    given: dict[str, Any], plain: dict[str, int | str]
) -> None:
    """``astype(str)`` leaves None missing in pandas 3, also of the identical objects."""
    cell = given["conversion"]
    assert (cell["verdict"], cell["reason"]) == ("labels-changed", "")
    assert cell["outputs"]["predict"]["n_changed"] == plain["conversion"]


@pytest.mark.nightly
def test_made_rows_find_it_too(folder: Path) -> None:
    made = check(folder, models=("onehot", "conversion", "unaffected"))
    assert {name: cell["verdict"] for name, cell in made.items() if name} == {
        "onehot": "input-changed",
        "conversion": "labels-changed",
        "unaffected": "identical",
    }


BACK_MODELS = ("onehot", "strict", "unaffected")


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The models as pandas 3 fits them, on the way back to pandas 2."""
    here, found = Path.cwd(), tmp_path_factory.mktemp("back")
    os.chdir(found)
    (found / "treatment.py").write_text(TREATMENT)
    run(python(*AFTER), TRAIN, *BACK_MODELS)
    yield found
    os.chdir(here)


@pytest.mark.nightly
@pytest.mark.parametrize("data", [(), ("--data", "rows.parquet")], ids=["made rows", "the rows"])
def test_the_way_back_to_an_older_pandas_is_tried_too(back: Path, data: tuple[str, ...]) -> None:
    """pandas 2 makes None of what pandas 3 makes NaN of: an unknown category."""
    new, old = (json.loads(run(python(*one), PREDICT, *BACK_MODELS)) for one in (AFTER, BEFORE))
    changed = sum(map(int.__ne__, new["onehot"], old["onehot"]))
    assert changed
    assert (old["strict"], old["unaffected"]) == ("ValueError", new["unaffected"])
    found = check(back, *data, models=BACK_MODELS, before=AFTER, after=BEFORE)
    assert found["onehot"]["verdict"] == "input-changed"
    assert found["strict"]["verdict"] == "use-failed"
    for name in ("onehot", "strict"):
        assert "nan → None" in found[name]["reason"]
    if data:
        assert found["onehot"]["outputs"]["predict"]["n_changed"] >= changed
    assert found["unaffected"]["verdict"] == "identical"


# ------------------------------------------------------------------------ the same CSV file


OLD_CSV = ("scikit-learn==1.2.2", "pandas==1.5.3", "numpy<2")
NEW_CSV = ("scikit-learn==1.2.2", "pandas==2.2.3", "numpy<2")
TRAIN_ON_CSV = """
import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

random = np.random.RandomState(0)
table = pd.DataFrame({"heating": random.choice(["None", "Gas", "Oil"], 200), "n": random.rand(200)})
table.assign(id=np.arange(200)).to_csv("houses.csv", index=False)
X = pd.read_csv("houses.csv")[["heating", "n"]]
y = (X["heating"] == "None").astype(int)
columns = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["heating"]), remainder="passthrough"
)
joblib.dump(make_pipeline(columns, LogisticRegression()).fit(X, y), "houses.joblib")
"""
PREDICT_ON_CSV = """
import json
import joblib
import pandas as pd

X = pd.read_csv("houses.csv")[["heating", "n"]]
print(json.dumps(joblib.load("houses.joblib").predict(X).tolist()))
"""


@pytest.mark.nightly
def test_each_environment_reads_the_same_csv_file_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word None is a text for pandas 1.5, and a missing value from pandas 2.0 on."""
    monkeypatch.chdir(tmp_path)
    run(python(*OLD_CSV), TRAIN_ON_CSV)
    old, new = (json.loads(run(python(*one), PREDICT_ON_CSV)) for one in (OLD_CSV, NEW_CSV))
    changed = sum(map(int.__ne__, old, new))
    assert changed
    arguments = ("--data", "houses.csv")
    found = check(tmp_path, *arguments, models=("houses",), before=OLD_CSV, after=NEW_CSV)
    cell = found["houses"]
    assert cell["verdict"] == "input-changed"
    assert cell["outputs"]["predict"]["n_changed"] == changed
    assert cell["reason"].startswith("with pandas 2.2.3: column heating, rows ")
    assert cell["reason"].endswith("'None' → nan")
