"""The CSV file that a model was fitted on is accepted, also by models of other packages.

A plain script fits each model on a table and records its predictions; the check reads the CSV file
of the same table, and must predict the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .projects import environ
from .test_own_table import python

PACKAGES = ("pandas==2.2.3", "numpy<2", "lightgbm==4.3.0", "feature-engine==1.6.2")
BEFORE = ("scikit-learn==1.3.2", *PACKAGES, "category-encoders==2.6.3")
AFTER = ("scikit-learn==1.4.2", *PACKAGES, "category-encoders==2.6.3")
TRAIN = """
import joblib
import numpy as np
import pandas as pd
from category_encoders import TargetEncoder
from feature_engine.encoding import OneHotEncoder as EngineEncoder
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

random, n = np.random.RandomState(0), 200
table = pd.DataFrame({
    "plan": random.choice(["01", "1", "2"], n),
    "city": random.choice(["Bern", "Oslo"], n),
    "age": random.randint(18, 80, n),
    "active": random.rand(n) < 0.5,
})
y = ((table["age"] > 40) ^ (table["plan"] == "01")).astype(int)
table.assign(y=y).to_csv("rows.csv", index=False)
texts = ["plan", "city"]
typed = table.astype({"plan": "category", "city": "category"})
encoder = make_column_transformer((OneHotEncoder(), texts), remainder="passthrough")
for name, model, X in [
    ("plain", make_pipeline(encoder, LogisticRegression()), table),
    ("first_step", make_pipeline(FunctionTransformer(), encoder, LogisticRegression()), table),
    ("lightgbm", LGBMClassifier(n_estimators=10, verbose=-1), typed),
    ("engine", make_pipeline(EngineEncoder(variables=texts), LogisticRegression()), table),
    ("encoders", make_pipeline(TargetEncoder(cols=texts), LogisticRegression()), table),
]:
    model.fit(X, y)
    joblib.dump(model, name + ".joblib")
    np.save(name + ".npy", model.predict(X))
"""
TRUSTED = (
    "category_encoders.target_encoder.TargetEncoder",
    "category_encoders.ordinal.OrdinalEncoder",
    "collections.OrderedDict",
    "collections.defaultdict",
    "feature_engine.encoding.one_hot.OneHotEncoder",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
)
MODELS = (
    *("plain", "encoders"),
    *(pytest.param(one, marks=pytest.mark.nightly) for one in ("first_step", "lightgbm", "engine")),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("given_data")
    subprocess.run([python(*BEFORE), "-c", TRAIN], check=True, cwd=found)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_the_data_that_a_model_was_fitted_on_are_accepted(folder: Path, name: str) -> None:
    """``NAME.npy`` has what the fitted model predicts for the table of the script."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "matrix", "upgrade", f"{name}.joblib", "--target", "y"),
            *("--data", "rows.csv", "--expected", f"{name}.npy"),
            *("--from", ",".join([*BEFORE, "pyarrow"]), "--to", ",".join([*AFTER, "pyarrow"])),
            *("--output", f"json:{name}.json", *(f"--trust={one}" for one in TRUSTED)),
        ],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert (folder / f"{name}.json").exists(), done.stderr
    (answer,) = json.loads((folder / f"{name}.json").read_text())["answers"]
    assert not answer["problem"], answer["problem"]
    assert answer["rows"] == {"from rows.csv": 200}
    assert "differs from the expected outputs" not in " ".join(done.stdout.split())
