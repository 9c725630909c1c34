"""A planted fault that ends the worker process costs the evidence and nothing else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from matrix.catalog import Tolerances
from matrix.inspection import Inspection, ModelNode
from matrix.model import Ending, Environment, EnvSpec, Tolerance
from matrix.upgrade.answer import Model
from matrix.upgrade.checker import CheckInputs, ModelChecker, ModelWork

INSPECTION = Inspection(
    path=Path("m.joblib"),
    size=10,
    sha256="ab" * 32,
    container="joblib",
    protocol=4,
    root=ModelNode(kind="sklearn.svm._classes.SVC"),
)
ORIGIN = Environment(spec=EnvSpec(id="old", label="old", scikit_learn="1.3"))
WORK = ModelWork(
    model=Model(id="m.joblib", path=Path("m.joblib"), inspection=INSPECTION),
    origin=ORIGIN,
    targets=(),
)


def test_models_are_compared_within_the_tolerances_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = []

    class Evaluating:
        def __init__(self, **parts: Any) -> None:
            given.append(parts["tolerances"])

        def evaluate(self, *_: object) -> Any:
            return SimpleNamespace(cell=None)

        def worst_rows(self, _: object) -> tuple[()]:
            return ()

    monkeypatch.setattr("matrix.upgrade.checker.Evaluator", Evaluating)
    tolerances = Tolerances(general=Tolerance(rtol=0.5))
    checker = ModelChecker(Kept().context(), CheckInputs(), tolerances)
    saving = SimpleNamespace(artifacts={}, rows=None)
    checker._found[WORK.model.id] = record = type(checker.found(WORK.model))()
    record.reference = SimpleNamespace(saving=saving)  # type: ignore[assignment]
    assert checker._load(WORK, ORIGIN) is None
    assert given == [tolerances]


class Kept:
    """Notes what is requested of workers and what is stored."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.requested: list[dict[str, Any]] = []

    def request(self, _: Environment, __: str, pieces: list[dict[str, Any]]) -> None:
        self.requested.extend(pieces)

    def context(self) -> Any:
        store = SimpleNamespace(
            artifact=lambda *_: Path("m.joblib"),
            answer=self.answers.get,
            keep=lambda key, answer, _: self.answers.update({key: answer}),
        )
        return SimpleNamespace(
            store=store,
            sandbox=None,
            fresh=False,
            key=lambda _: "key",
            request=self.request,
            progress=SimpleNamespace(advance=lambda **_: None),
        )


@pytest.mark.parametrize("ending", [Ending.CRASHED, Ending.TIMED_OUT])
def test_the_reference_is_recorded_once_more_without_faults(ending: Ending) -> None:
    kept = Kept()
    checker = ModelChecker(kept.context(), CheckInputs(), Tolerances())
    checker._found[WORK.model.id] = record = type(checker.found(WORK.model))()
    jobs = iter(checker._jobs([WORK], [(WORK, ORIGIN)]))
    ended = {"ending": ending, "reason": "signal 11"}

    first = next(jobs)
    assert first is not None
    first.on_answer(0, ended, {})
    assert record.reference is None
    assert not kept.answers

    second = next(jobs)
    assert second is not None
    second.on_answer(0, ended, {})
    assert [piece["evidence"] for piece in kept.requested] == [True, False]
    assert record.reference is not None
    assert record.reference.saving.ending is ending
    assert list(kept.answers.values()) == [ended]
