"""A bench for workers: real worker processes in a small environment, which starts quickly."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from matrix.executors.fork_servers import ForkServers
from matrix.executors.jobs import Job
from matrix.executors.pool import Pool
from matrix.executors.worker_process import Request
from matrix.sandbox.kinds import Sandbox
from matrix.store.worker_answers import WorkerAnswer

HEAD = """
import os, subprocess, sys, time
import numpy as np
from compat_matrix import Data, pipeline
from sklearn.base import BaseEstimator

def rows():
    X = np.arange(20.0).reshape(-1, 1)
    return Data(X, (X[:, 0] > 9).astype(int))

class Model(BaseEstimator):
    def fit(self, X, y=None):
        self.home_ = os.getpid()
        return self
    def predict(self, X):
        return (X[:, 0] > 9).astype(int)
    def away(self):
        return self.home_ != os.getpid()
"""


class Bench:
    """Saves and loads the pipelines of a file, and gives the answers by name.

    Args:
        folder: an empty one.
        name: of the file.
        executable: the interpreter of the environment; it has scikit-learn.

    Attributes:
        servers: fork the workers that load in a sandbox; None starts an interpreter for each.
    """

    def __init__(self, folder: Path, name: str, executable: Path) -> None:
        self.folder = folder
        self.executable = executable
        self.file = folder / f"{name}.py"
        self.servers: ForkServers | None = None
        self.answers: dict[str, WorkerAnswer] = {}
        self.contents: dict[str, bytes] = {}

    def write(self, text: str) -> None:
        self.file.write_text(HEAD + dedent(text), encoding="utf-8")

    def scratch(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))

    def run(
        self,
        task: str,
        pieces: Mapping[str, dict[str, object]],
        *,
        seconds: float = 30.0,
        memory: int = 4 * 2**30,
        sandbox: Sandbox | None = None,
    ) -> dict[str, WorkerAnswer]:
        names = list(pieces)
        found: dict[str, WorkerAnswer] = {}

        def on_answer(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
            assert names[number] not in found, "two answers to one piece"
            found[names[number]] = answer
            self.contents.update(contents)

        request = Request(
            executable=self.executable,
            task=task,
            paths=(self.folder,),
            pieces=tuple({"id": number, **pieces[name]} for number, name in enumerate(names)),
            seconds=seconds,
            memory=memory,
            sandbox=sandbox,
            forks=True,
        )
        requests = [request]
        if sandbox is not None:  # a user's models are asked one by one
            requests = [replace(request, pieces=(piece,)) for piece in request.pieces]
        jobs = (
            Job(label="test", request=one, on_answer=on_answer, alone=sandbox is not None)
            for one in requests
        )
        Pool(2, self.scratch, servers=self.servers).run(iter(jobs))
        return found

    def save(self, *names: str, **options: float) -> dict[str, WorkerAnswer]:
        folder = self.scratch()
        pieces = {
            name: {
                "pipeline": name,
                "file": str(self.file),
                "formats": ["joblib"],
                "folder": str(folder / name),
            }
            for name in names
        }
        self.answers = self.run("save", pieces, **options)
        return self.answers

    def load(self, *names: str, **options: Any) -> dict[str, WorkerAnswer]:
        """Load what was saved last."""
        return self.run("load", {name: self.piece(name) for name in names}, **options)

    def piece(self, name: str) -> dict[str, object]:
        """What is asked of the reader of a pipeline that was saved last."""
        saved = self.answers[name]
        rows = self.folder / f"{name}.rows"
        rows.write_bytes(self.contents[saved["rows"]])
        known = {m: found.get("digest") for m, found in saved["outputs"].items()}
        return {
            "format": "joblib",
            "path": saved["artifacts"]["joblib"]["path"],
            "rows": str(rows),
            "known": known,
            "own": known,
            "only": saved["only"],
        }
