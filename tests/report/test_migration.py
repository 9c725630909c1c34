"""What is said of a migration: what was compared, what is left, and how to go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from matrix.model import (
    Artifact,
    Cell,
    MigratedModel,
    MigrationOutcome,
    OutputDifference,
    Verdict,
)
from matrix.remedies import Remedies
from matrix.remedies.remedy import NOT_IN_TIME, CandidateFile, PartialConversion
from matrix.report import migration

MODEL = MigratedModel(
    source="m/a.joblib", outcome=MigrationOutcome.SAFE, verdict_before="identical"
)
ANSWER: Any = SimpleNamespace(model=SimpleNamespace(id="a.joblib"))
SUBJECT: Any = SimpleNamespace(reader=SimpleNamespace(spec=SimpleNamespace(label="1.6.1")))


def lines(*models: MigratedModel, files: int = 0, methods: tuple[str, ...] = ()) -> str:
    found = migration.many(models, files or len(models), 0, (), Path("new/manifest.json"), methods)
    return "\n".join(line for _, line in found)


def test_only_models_with_the_same_outputs_are_called_safe() -> None:
    for outcome in MigrationOutcome:
        text = migration.in_one_line(replace(MODEL, outcome=outcome, file="a.joblib", why="why"))
        safe = outcome in (MigrationOutcome.SAFE, MigrationOutcome.COPIED)
        assert ("safe" in text) is safe


def test_the_counts_add_up_and_the_rest_is_named() -> None:
    bad = replace(MODEL, outcome=MigrationOutcome.NOT_CONVERTED, script="retrain/a.py")
    text = lines(MODEL, bad, files=5)
    assert "5 files: 1 safe as they are, 1 not converted" in text
    assert "3 files not decided: the same command goes on with the rest" in text
    assert "its parameters: retrain/a.py" in text
    assert "what was done to each: new/manifest.json" in text


def test_what_was_left_out_of_the_comparison_is_said() -> None:
    assert "only predict compared (--methods)" in lines(MODEL, methods=("predict",))
    (text,) = migration.already(ANSWER, ("predict",))
    assert "predict the same; no other method was compared" in text
    assert "safe" not in text


def closest() -> PartialConversion:
    artifact = Artifact(pipeline="m", format="joblib", writer="w", sha256="0", size=1)
    changed = OutputDifference(verdict=Verdict.SCORES_CHANGED)
    cell = Cell(
        pipeline="m",
        format="joblib",
        writer="w",
        reader="r",
        verdict=Verdict.SCORES_CHANGED,
        outputs={"transform": changed},
    )
    file = CandidateFile(artifact=artifact)
    return PartialConversion(file=file, cell=cell, same=("predict",), different=("transform",))


def test_an_interrupted_search_has_what_came_closest() -> None:
    stopped = Remedies(found=(), interrupted=True, closest=closest())
    text = "\n".join(migration.no_remedy(ANSWER, SUBJECT, stopped))
    assert "interrupted" in text
    assert "add --methods predict" in text
    assert "no verified conversion" not in text


def test_what_was_not_tried_in_time_has_the_option_for_more() -> None:
    late = Remedies(found=(), tried=(f"by 1.4.2: {NOT_IN_TIME}",))
    assert "--minutes 15" in "\n".join(migration.no_remedy(ANSWER, SUBJECT, late))
    done = Remedies(found=(), tried=("by 1.4.2: no",))
    assert "--minutes" not in "\n".join(migration.no_remedy(ANSWER, SUBJECT, done))
