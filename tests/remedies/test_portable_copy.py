"""A copy that runs without scikit-learn is offered with what was compared, and is no new model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement

from matrix.model import Environment, EnvSpec, Returned, Verdict
from matrix.remedies import CandidateFile, RemedyKind, Subject
from matrix.remedies.find_remedies import find_remedies
from matrix.remedies.portable_copy import find_portable_copies
from matrix.remedies.remedy import Budget, FirstBad, Remedies

from .conftest import BAD, SAFE, World, cell, environment


def packages(requirements: Iterable[str]) -> dict[str, str]:
    """What an environment has; any package is available in some release."""
    return {Requirement(one).name: "1.20.1" for one in requirements}


@dataclass
class Registry(World):
    """An environment factory in which skl2onnx and onnxruntime are available."""

    sandbox: SimpleNamespace | None = None

    def prepare(self, specs: Iterable[EnvSpec]) -> list[Environment]:
        return [
            replace(environment(spec.scikit_learn, **packages(spec.requirements)), spec=spec)
            for spec in specs
        ]

    def step(self, *arguments: Any, **more: Any) -> CandidateFile | str:
        file = super().step(*arguments, **more)
        assert isinstance(file, CandidateFile)
        name = more.get("format_name") or "joblib"
        named = replace(file.artifact, format=name, sha256=f"{file.artifact.sha256} as {name}")
        steps = (*file.steps[:-1], replace(file.steps[-1], artifact=named))
        return replace(file, artifact=named, steps=steps)


def only_onnx(file: str, _: str) -> Any:
    return SAFE if file.endswith("as onnx") else BAD


def with_probabilities(subject: Subject) -> Subject:
    outputs = {**subject.saving.outputs, "predict_proba": Returned(digest="3" * 64)}
    return replace(subject, saving=replace(subject.saving, outputs=outputs))


def test_its_words_say_that_two_methods_were_compared_in_single_precision(ends: Subject) -> None:
    ((copy,), tried) = find_portable_copies(
        Registry(only_onnx).experiment, with_probabilities(ends)
    )
    assert tried == []
    assert copy.kind is RemedyKind.EXPORT
    assert copy.file is None, "it is not loaded in place of the model"
    assert copy.words.endswith(
        "convert it with skl2onnx, and run it with onnxruntime 1.20.1: two methods compared "
        "(predict and predict_proba), in single precision: identical"
    )
    assert "skl2onnx.to_onnx(model, X)" in copy.by_hand
    ((single,), _) = find_portable_copies(Registry(only_onnx).experiment, ends)
    assert "one method compared (predict), in single precision" in single.words


def test_it_is_offered_only_where_nothing_keeps_the_model(
    ends: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["matrix.remedies.find_remedies"]  # a function has the same name
    monkeypatch.setattr(module, "bridges_of", lambda *_: [])
    first_bad = FirstBad(
        package="scikit-learn", last_good="1.0.0", first_bad="1.1.0", exact=True, back=False
    )

    def remedies(gives: Callable[[str, str], Verdict]) -> Remedies:
        world, none = Registry(gives), Budget(environments=0)
        return find_remedies(world.experiment, ends, cell(BAD), first_bad=first_bad, budget=none)

    found = remedies(only_onnx)
    assert found.found[-1].kind is RemedyKind.EXPORT
    assert found.files == ()
    loads = remedies(lambda file, _: SAFE if "as pickle-4" in file else BAD)
    assert not any("onnxruntime" in one.words for one in loads.found)


def test_a_copy_that_predicts_differently_is_none(ends: Subject) -> None:
    found, tried = find_portable_copies(Registry(lambda *_: BAD).experiment, ends)
    assert (found, tried) == ([], ["as onnx: load-failed in the target"])


def test_the_copy_of_a_users_model_is_run_in_a_sandbox_only(ends: Subject) -> None:
    users = replace(ends, allowed=())
    weak = SimpleNamespace(kind=SimpleNamespace(contains=False))
    for sandbox in (None, weak):
        found, tried = find_portable_copies(Registry(only_onnx, sandbox=sandbox).experiment, users)
        assert found == []
        assert "no sandbox works here" in tried[0]
