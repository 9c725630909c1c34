"""Attacks that begin after a load, or beside the file: tried by an upgrade without a sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .projects import environ

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows"),
]

RELEASE = "1.9.1"
TRAIN = """
import sys, joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
named, cache = sys.argv[1:]
models = {"good": make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)}

texts = TfidfVectorizer(token_pattern=r"\\S+", lowercase=False).fit([named, "other"])
texts.input = "filename"
models["opens"] = texts

words = TfidfVectorizer().fit(["a" * 40 + " x1", "y1 z1"])
words.token_pattern = r"(?:a+)+b|\\b[xyz]1\\b"
models["endless"] = words

cached = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
cached.memory = cache
models["cached"] = cached
cached.memory = joblib.Memory(cache, verbose=0)
joblib.dump(cached, "memory.joblib")
cached.memory = cache
for name, model in models.items():
    joblib.dump(model, name + ".joblib")
"""


def upgrade(folder: Path, *options: str) -> tuple[dict[str, dict[str, Any]], str]:
    """The answers by the name of the file, and what was written to the terminal."""
    (folder / "matrix.toml").write_text("[limits]\nseconds = 5\n")
    command = [sys.executable, "-m", "matrix", "upgrade", *sorted(folder.glob("*.joblib"))]
    command += ["--to", f"scikit-learn=={RELEASE}", "--from", f"scikit-learn=={RELEASE}"]
    command += ["--sandbox", "off", "--output", "json:answers.json", "--config", "matrix.toml"]
    done = subprocess.run(
        [*command, *options],
        cwd=folder,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1, 3), done.stderr
    result = json.loads((folder / "answers.json").read_text())
    answers = {Path(one["model"]).name: one for one in result["answers"]}
    return answers, done.stdout + done.stderr


def train(folder: Path, named: Path, cache: Path) -> None:
    subprocess.run([sys.executable, "-c", TRAIN, named, cache], check=True, cwd=folder)


def test_a_model_in_use_opens_no_file_ends_and_reads_no_cache(tmp_path: Path) -> None:
    folder, named, cache = tmp_path / "models", tmp_path / "named.txt", tmp_path / "cache"
    folder.mkdir()
    named.write_text("secret")
    train(folder, named, cache)
    before = sorted(cache.rglob("*"))
    answers, said = upgrade(folder)
    assert "may not choose files" in answers["opens.joblib"]["problem"]
    endless = answers["endless.joblib"]["problem"]
    assert "in making rows" in endless or "in transform" in endless, endless
    assert "stopped after 5 s of processor time" in endless
    assert answers["cached.joblib"]["problem"] == ""
    assert sorted(cache.rglob("*")) == before
    assert "joblib.memory.Memory" in answers["memory.joblib"]["problem"]
    assert answers["good.joblib"]["problem"] == ""
    assert "secret" not in said + json.dumps(answers)


def test_links_in_a_shipped_state_lead_nowhere(tmp_path: Path) -> None:
    folder, outside = tmp_path / "models", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    train(folder, tmp_path / "named", tmp_path / "cache")
    for name in ("opens", "endless", "cached", "memory"):
        (folder / f"{name}.joblib").unlink()
    (folder / ".matrix").mkdir()
    for name in ("artifacts", "scratch", "rows", "baselines"):
        (folder / ".matrix" / name).symlink_to(outside)
    for name in ("results.sqlite", "environments.json", "interpreters.json", ".gitignore"):
        (folder / ".matrix" / name).symlink_to(outside / "kept.txt")
    answers, _ = upgrade(folder)
    assert answers["good.joblib"]["problem"] == ""
    assert [path.name for path in outside.iterdir()] == ["kept.txt"]
    assert (outside / "kept.txt").read_text() == "kept"
