"""Cells and environments to look for causes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matrix.model import Cell, EnvInfo, Failure, OutputDifference, Verdict


def info(scikit_learn: str = "1.3.2", *, python: str = "3.11.4", **packages: str) -> EnvInfo:
    return EnvInfo(
        python=python,
        platform="Linux",
        executable=Path("python"),
        packages={"scikit-learn": scikit_learn, **packages},
    )


def failed(message: str, kind: str = "AttributeError", stage: str = "load", **more: Any) -> Cell:
    traceback = more.pop("traceback", "")
    usual = Verdict.LOAD_FAILED if stage == "load" else Verdict.USE_FAILED
    verdict = Verdict(more.pop("verdict", usual))
    return cell(
        verdict,
        stage=stage,
        exception=Failure(type=kind, message=message, traceback=traceback),
        **more,
    )


def changed(stage: str = "predict", n_changed: int = 5, note: str = "", **more: Any) -> Cell:
    verdict = Verdict.LABELS_CHANGED
    output = OutputDifference(
        verdict=verdict, max_abs=None, max_rel=None, n_changed=n_changed, n=100, note=note
    )
    return cell(verdict, stage=stage, outputs={stage: output}, **more)


def cell(verdict: Verdict, **more: Any) -> Cell:
    place = {"pipeline": "p", "format": "joblib", "writer": "w", "reader": "r"}
    return Cell(**{**place, "verdict": verdict, **more})
