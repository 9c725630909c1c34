"""A model that was saved elsewhere: its baseline where it comes from, then an ordinary load."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from matrix.judge import content
from matrix.store import worker_answers
from matrix.store.worker_answers import WorkerAnswer

from .bench import Bench

X = pd.DataFrame({"age": np.arange(40.0), "height": np.arange(40.0)[::-1] * 2.0})
Y = np.where(X["age"] > 19, "old", "young")


@pytest.fixture
def small_environment() -> Path:
    """The environment of the tests, which saves the models."""
    return Path(sys.executable)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.joblib"
    joblib.dump(
        make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=2)).fit(X, Y), path
    )
    return path


def baseline(bench: Bench, path: Path, **piece: Any) -> WorkerAnswer:
    whole = {"path": str(path), "format": "joblib", "data": None, "expected": None, "n": 80}
    return bench.run("reference", {"model": {**whole, **piece}})["model"]


def given(path: Path, kind: str = "csv", target: str | None = None) -> dict[str, object]:
    return {"path": str(path), "kind": kind, "target": target}


def values(bench: Bench, digest: str) -> list[Any]:
    return content.read(bench.contents[digest]).leaves[0].array.tolist()


def test_a_baseline_is_what_a_reader_in_the_same_environment_finds(
    bench: Bench, model: Path
) -> None:
    answer = baseline(bench, model)
    assert answer["n_rows"] == sum(answer["made"].values()) > 60
    assert answer["features"] == ["age", "height"]
    assert "next to a tree threshold" in answer["made"]
    assert answer["repeats"] == {}
    rows = bench.folder / "rows"
    rows.write_bytes(bench.contents[answer["rows"]])
    known = {name: found.get("digest") for name, found in answer["outputs"].items()}
    piece = {"format": "joblib", "path": str(model), "rows": str(rows), "known": known}
    piece |= {"own": known}
    read = bench.run("load", {"model": {**piece, "only": answer["only"]}})["model"]
    assert read["outputs"] == answer["outputs"]
    assert {"digest"} <= read["outputs"]["predict_proba"].keys()
    assert read["contents"] == [], "a reader sends nothing that is known already"


def test_any_protocol_of_pickle_is_loaded(bench: Bench, tmp_path: Path) -> None:
    for protocol in (0, 2, pickle.HIGHEST_PROTOCOL):
        path = tmp_path / f"model-{protocol}.pkl"
        path.write_bytes(pickle.dumps(LogisticRegression().fit(X, Y), protocol))
        assert "digest" in baseline(bench, path, format="pickle")["outputs"]["predict"]


def test_rows_of_data_come_with_their_truth_and_count(
    bench: Bench, model: Path, tmp_path: Path
) -> None:
    X.assign(id="x", answer=Y).to_csv(tmp_path / "rows.csv", index=False)
    answer = baseline(bench, model, data=given(tmp_path / "rows.csv", target="answer"))
    assert answer["made"] == {"from rows.csv": 40}
    assert values(bench, answer["truth"]) == Y.tolist()
    found = worker_answers.reference(
        answer, pipeline="model", format_name="joblib", sha256="00", size=1, writer="w"
    )
    assert found.n_rows == 40
    assert found.saving.truth == answer["truth"]


def test_a_mistake_in_the_data_is_reported_in_words(
    bench: Bench, model: Path, tmp_path: Path
) -> None:
    X[["age"]].to_csv(tmp_path / "rows.csv", index=False)
    answer = baseline(bench, model, data=given(tmp_path / "rows.csv"))
    assert answer["mistake"] == (
        "rows.csv: the column height is missing; the model was fitted on 2: age, height, and the "
        "data has: age"
    )
    infinite = X.assign(age=np.inf)
    infinite.to_csv(tmp_path / "rows.csv", index=False)
    answer = baseline(bench, model, data=given(tmp_path / "rows.csv"))
    assert (
        "does not accept these rows in the environment that it was saved in: its predict raised"
        in answer["mistake"]
    )


def test_what_production_recorded_takes_the_place_of_what_is_returned(
    bench: Bench, model: Path, tmp_path: Path
) -> None:
    X.to_csv(tmp_path / "rows.csv", index=False)
    recorded = Y.copy()
    recorded[[3, 7]] = "old"
    shares = np.stack([recorded == "young", recorded == "old"], axis=1).astype(float)
    frame = pd.DataFrame(shares, columns=["predict_proba_young", "predict_proba_old"])
    frame.assign(predict=recorded).to_csv(tmp_path / "expected.csv", index=False)
    answer = baseline(
        bench,
        model,
        data=given(tmp_path / "rows.csv"),
        expected={"path": str(tmp_path / "expected.csv"), "kind": "csv"},
    )
    assert answer["expected"]["predict"] == {"agrees": False, "rows": 2}
    assert answer["expected"]["predict_proba"] == {"agrees": False, "rows": 2}
    assert values(bench, answer["outputs"]["predict"]["digest"]) == recorded.tolist()
    assert values(bench, answer["outputs"]["predict_proba"]["digest"])[3] == [1.0, 0.0]


def test_expected_outputs_need_their_rows(bench: Bench, model: Path) -> None:
    answer = baseline(bench, model, expected={"path": "expected.csv", "kind": "csv"})
    assert "with --data FILE" in answer["mistake"]


def test_a_model_that_does_not_load_says_where_it_ended(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "no.joblib").write_bytes(b"no model")
    answer = baseline(bench, tmp_path / "no.joblib")
    assert answer["stage"] == "load"
    assert answer["raised"]["type"]
