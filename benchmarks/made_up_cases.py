"""Cases for the judge, in the shares of a real run: most loads are identical or fail."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from matrix.judge import Case
from matrix.model import Artifact, Failure, Observation, Outcome, Returned, Saving, WarningSeen

sys.path.insert(0, str(Path(__file__).parents[1] / "matrix" / "worker"))
from compat_worker.content import encode

ROWS = 180
MISSING = Failure(
    type="AttributeError", message="no attribute '_loss'", traceback="Traceback …\n" * 20
)
WARNED = WarningSeen(
    category="InconsistentVersionWarning", message="Trying to unpickle estimator", stage="load"
)
SHARES = {
    "identical": 28,
    "equivalent": 11,
    "changed": 4,
    "use fails": 17,
    "load fails": 33,
    "not saved": 7,
}
"""Shares in percent, as in a run of the default matrix."""


class Cases:
    """Made-up cases and the contents that they refer to.

    Args:
        pipelines: how many; each has outputs of its own.
    """

    def __init__(self, pipelines: int = 20) -> None:
        self.contents: dict[str, bytes] = {}
        self._cases = [case for seed in range(pipelines) for case in self._of(seed)]

    def first(self, count: int) -> Iterator[Case]:
        """A number of cases, repeated from a fixed list."""
        for i in range(count):
            yield self._cases[i % len(self._cases)]

    def _of(self, seed: int) -> Iterator[Case]:
        draw = np.random.default_rng(seed)
        scores = draw.random((ROWS, 3))
        before = self._outputs(scores)
        saving = Saving(
            pipeline=f"pipeline_{seed}",
            writer="w",
            artifacts={
                "joblib": Artifact(pipeline="p", format="joblib", writer="w", sha256="0", size=1)
            },
            rows="rows",
            truth=self._returned(draw.integers(0, 3, ROWS)).digest,
            outputs=before,
        )
        noisy = self._outputs(scores * (1 + 1e-12))
        shifted = self._outputs(np.roll(scores, 1, axis=1))
        fails: dict[str, Outcome] = {**before, "predict": MISSING, "predict_proba": MISSING}
        seen = {
            "identical": Observation(outputs=before, warnings=(WARNED,)),
            "equivalent": Observation(outputs=noisy, warnings=(WARNED,)),
            "changed": Observation(outputs=shifted, warnings=(WARNED,)),
            "use fails": Observation(outputs=fails, warnings=(WARNED,)),
            "load fails": Observation(load=MISSING),
        }
        case = Case(saving=saving, format="joblib", reader="r", observation=None, native=saving)
        cases = {name: replace(case, observation=observed) for name, observed in seen.items()}
        cases["not saved"] = replace(case, saving=replace(saving, artifacts={}, failure=MISSING))
        for name, share in SHARES.items():
            yield from [cases[name]] * share

    def _outputs(self, scores: Any) -> dict[str, Outcome]:
        return {
            "predict": self._returned(scores.argmax(axis=1)),
            "predict_proba": self._returned(scores),
            "predict_log_proba": self._returned(np.log(scores)),
            "classes_": self._returned(np.array(["ham", "spam", "eggs"])),
            "repr": self._returned("Model()"),
            "get_params": self._returned({"alpha": 1.0}),
        }

    def _returned(self, value: Any) -> Returned:
        content = encode(value)
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = content
        return Returned(digest=digest)
