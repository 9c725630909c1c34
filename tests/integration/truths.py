"""One run over twelve environments on four Pythons, which several files of tests read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from matrix import causes

ROOT = Path(__file__).parents[2]

RELEASES = ["0.22", "0.24", *("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9")]
TRUTHS = [
    "adaboost_samme_r",
    "bins_quantile_onehot",
    "forest_classifier",
    "gradient_boosting_classifier",
    "logistic_binary",
    "logistic_ovr",
    "mistake_lambda",
    "mistake_notebook_function",
    "mistake_open_file",
    "own_clipper",
    "pls_regression",
    "ridge_scaled",
    "simple_imputer",
    "stacking_classifier",
    "table_by_name",
    "target_encoder_binary",
    "tfidf_logistic",
    "tree_classifier",
    "weights_beside_time",
]
EXAMPLES = [one.example for one in causes.known() if one.example.set == "default"]
_OFTEN = Counter(example.pipeline for example in EXAMPLES)
FEW = sorted({*TRUTHS, *(name for name, causes_of in _OFTEN.items() if causes_of >= 4)})
"""Pipelines of every change: those of the truths, and those that are examples of several causes."""
PIPELINES = sorted({*TRUTHS, *_OFTEN})
"""Pipelines of the night."""
CROSSED = {
    name: sorted({"ridge_scaled", *(e.pipeline for e in EXAMPLES if e.format == name)})
    for name in sorted({"pickle-2", "pickle-5", *(e.format for e in EXAMPLES)} - {"joblib"})
}
"""By format, the pipelines that are saved in it beside joblib."""

CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures"]
requirements = ["pandas"]

[formats]
joblib = ["*"]
{chr(10).join(f"{name} = {json.dumps(names)}" for name, names in CROSSED.items())}

[sets.default]
scikit-learn = [{", ".join(f'"{release}"' for release in RELEASES)}]
environments = [
  {{ like = "sklearn-0.24", python = "3.7" }},
  {{ name = "conflict", scikit-learn = "1.3", numpy = ">=2" }},
]
"""


class Result:
    """The JSON result of a run, by cell."""

    def __init__(self, document: dict[str, Any], output: str, code: int) -> None:
        self.document = document
        self.output = output
        self.code = code
        self.environments = {one["id"]: one for one in document["environments"]}
        self.cells = {
            (cell["pipeline"], cell["format"], cell["writer"], cell["reader"]): cell
            for cell in document["cells"]
        }

    def cell(self, pipeline: str, writer: str, reader: str, form: str = "joblib") -> Any:
        for one in (writer, reader):
            status = self.environments[f"sklearn-{one}"]
            if status["status"] != "ready":
                pytest.skip(f"{one} is unavailable here: {status['reason']}")
        return self.cells[pipeline, form, f"sklearn-{writer}", f"sklearn-{reader}"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matrix", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def globs(pipelines: list[str]) -> list[str]:
    """Pipelines as arguments."""
    return [part for name in pipelines for part in ("--pipelines", name)]


def taken(folder: Path, pipelines: list[str]) -> Result:
    """The result of the run with these pipelines."""
    (folder / "matrix.toml").write_text(CONFIGURATION)
    done = run(
        folder, "run", "--config", "matrix.toml", *globs(pipelines), "--output", "json:result.json"
    )
    assert (folder / "result.json").exists(), done.stderr
    document = json.loads((folder / "result.json").read_text())
    return Result(document, done.stdout, done.returncode)
