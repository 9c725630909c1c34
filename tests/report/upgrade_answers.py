"""Answers of an upgrade check, made by hand for tests."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from matrix.inspection import Inspection, ModelNode
from matrix.model import Cell, EnvInfo, Environment, EnvSpec, Failure, Group, Verdict
from matrix.upgrade.answer import Model, RowCounts, Target, UpgradeAnswer, UpgradeResult
from matrix.upgrade.safe_range import safe_range

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
INSPECTION = Inspection(
    path=Path("churn.joblib"),
    size=10,
    sha256="ab" * 32,
    container="joblib",
    protocol=4,
    root=ModelNode(kind="sklearn.pipeline.Pipeline"),
)


def target(release: str, verdict: Verdict, stage: str = "", **more: object) -> Target:
    info = EnvInfo(
        python="3.12.1",
        platform="linux",
        executable=Path("python"),
        packages={"scikit-learn": release},
    )
    spec = EnvSpec(id=f"sklearn-{release}", label=release, scikit_learn=release)
    failure = Failure(type="AttributeError", message="no attribute 'positive'")
    cell = Cell(
        pipeline="churn.joblib",
        format="joblib",
        writer="sklearn-1.3.2",
        reader=spec.id,
        verdict=verdict,
        stage=stage,
        exception=failure if verdict.group is Group.FAILS else None,
        **more,  # type: ignore[arg-type]
    )
    return Target(environment=Environment(spec=spec, info=info), cell=cell)


def answer(*targets: Target, name: str = "churn.joblib", in_a_row: bool = True) -> UpgradeAnswer:
    return UpgradeAnswer(
        model=Model(id=name, path=Path(name), inspection=INSPECTION),
        origin=targets[0].environment,
        rows=RowCounts(made={"with far outliers": 12, "all zeros": 1}, n=13),
        targets=targets,
        range=safe_range(targets, bisected=True) if in_a_row else None,
    )


def upgrade(*answers: UpgradeAnswer) -> UpgradeResult:
    return UpgradeResult(started=NOW, finished=NOW, environments=(), answers=answers)
