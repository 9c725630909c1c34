"""Files of a folder are decided one after another, and each is in the manifest at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from matrix.errors import CannotTellError
from matrix.migration.folder_migration import FolderMigration, FolderOptions
from matrix.migration.manifest import NAME, ManifestFile
from matrix.migration.model_files import ModelFile, answers_by_file, files_of
from matrix.migration.to_convert import ConversionNeed
from matrix.model import Cell, Environment, EnvSpec, MigrationOutcome, Verdict
from matrix.remedies import Remedies
from matrix.upgrade.answer import Model, Problem, Target, UpgradeAnswer

SAFE, BAD, LIMITED = Verdict.IDENTICAL, Verdict.LABELS_CHANGED, Verdict.INTROSPECTION_FAILED


def target(release: str, verdict: Verdict) -> Target:
    spec = EnvSpec(id=release, label=release, scikit_learn=release)
    cell = Cell(pipeline="m", format="joblib", writer="w", reader=release, verdict=verdict)
    return Target(environment=Environment(spec=spec, reason=""), cell=cell)


def answer(name: str, verdict: Verdict | None) -> UpgradeAnswer:
    inspection: Any = SimpleNamespace(sha256=name * 64, container="joblib")
    model = Model(id=name, path=Path("old", f"{name}.joblib"), inspection=inspection)
    if verdict is None:
        return UpgradeAnswer(model=model, problem=Problem(message="it is refused"))
    return UpgradeAnswer(model=model, targets=(target("1.2", SAFE), target("1.6", verdict)))


class Converter:
    """Finds nothing; may be interrupted or fail."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends = list(ends)

    def find(self, held: Sequence[Any]) -> tuple[Any, Remedies]:
        end = self.ends.pop(0) if self.ends else None
        if end is not None:
            raise end
        return SimpleNamespace(), Remedies(found=(), tried=("all",))

    def retraining(self, *_: object) -> str:
        return "print('again')\n"


def run(
    folder: Path, answers: Sequence[UpgradeAnswer], *ends: BaseException | None, dry: bool = False
) -> FolderMigration:
    options = FolderOptions(wanted=ConversionNeed(), roots=(Path("old"),), dry_run=dry)
    migration = FolderMigration(
        converter=cast(Any, Converter(*ends)),
        store=cast(Any, None),
        manifest=ManifestFile.open(folder, {}, (), force=False),
        options=options,
        on_model=lambda _: None,
    )
    files: list[ModelFile] = migration.kept(files_of(one.model for one in answers))
    migration.run(files, answers_by_file(answers))
    return migration


def outcomes(migration: FolderMigration) -> dict[str, MigrationOutcome]:
    return {Path(one.source).stem: one.outcome for one in migration.models.values()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new"


def test_each_file_has_one_outcome(folder: Path) -> None:
    answers = [answer("a", SAFE), answer("b", BAD), answer("c", LIMITED), answer("d", None)]
    found = run(folder, answers)
    assert outcomes(found) == {
        "a": MigrationOutcome.SAFE,
        "b": MigrationOutcome.NOT_CONVERTED,
        "c": MigrationOutcome.LIMITED,
        "d": MigrationOutcome.UNKNOWN,
    }
    assert (folder / "retrain" / "b.joblib.py").read_text() == "print('again')\n"
    assert json.loads((folder / NAME).read_text())["complete"]


def test_an_interruption_keeps_what_was_decided_and_the_next_run_goes_on(folder: Path) -> None:
    answers = [answer("a", BAD), answer("b", BAD), answer("c", SAFE)]
    found = run(folder, answers, None, KeyboardInterrupt())
    assert found.interrupted
    assert set(outcomes(found)) == {"a", "c"}
    assert not json.loads((folder / NAME).read_text())["complete"]
    again = run(folder, answers, None, CannotTellError("searched twice"))
    assert not again.interrupted
    assert outcomes(again)["b"] is MigrationOutcome.NOT_CONVERTED, "a is not searched again"


def test_a_file_that_cannot_be_searched_does_not_end_the_others(folder: Path) -> None:
    found = run(folder, [answer("a", BAD), answer("b", BAD)], CannotTellError("no space"))
    assert outcomes(found) == {
        "a": MigrationOutcome.UNKNOWN,
        "b": MigrationOutcome.NOT_CONVERTED,
    }
    assert next(iter(found.models.values())).why == "no space"


def test_a_dry_run_searches_and_writes_nothing(folder: Path) -> None:
    found = run(folder, [answer("a", BAD)], CannotTellError("searched"), dry=True)
    assert outcomes(found) == {"a": MigrationOutcome.TO_CONVERT}
    assert not folder.exists()
