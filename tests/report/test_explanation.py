"""Everything known of one cell, as a person reads it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from matrix.model import (
    Cell,
    EnvInfo,
    Environment,
    EnvSpec,
    Failure,
    Interpreter,
    Lock,
    OutputDifference,
    Verdict,
    WarningSeen,
)
from matrix.report.explanation import evidence


def environment(label: str, **packages: str) -> Environment:
    python = Interpreter(path=Path("/pythons/3.12"), version="3.12.1")
    return Environment(
        spec=EnvSpec(id=f"sklearn-{label}", label=label, scikit_learn=label),
        lock=Lock(interpreter=python, pins=packages, as_of=date(2024, 1, 1)),
        info=EnvInfo(
            python="3.12.1",
            platform="linux",
            executable=Path(f"/environments/{label}/bin/python"),
            packages=packages,
        ),
    )


OLD = environment("1.3", numpy="1.26.2", scipy="1.11.4")
NEW = environment("1.9", numpy="2.5.3", scipy="1.11.4")


def test_a_silent_change_is_explained_verdict_first() -> None:
    cell = Cell(
        pipeline="tree",
        format="joblib",
        writer=OLD.id,
        reader=NEW.id,
        verdict=Verdict.SCORES_CHANGED,
        stage="predict_proba",
        silent=True,
        outputs={
            "predict_proba": OutputDifference(
                verdict=Verdict.SCORES_CHANGED,
                max_abs=33.0,
                max_rel=0.97,
                n_changed=113,
                n=113,
                note="no longer probabilities: they reach from 0 to 34",
            )
        },
        n_identical=5,
    )
    assert evidence(cell, OLD, NEW, Path("/state/artifacts/ab/abc.joblib")) == [
        "≠ tree (joblib): scores-changed",
        "  saved by 1.3, loaded by 1.9",
        "  numbers differ by more than the tolerance, but no label differs",
        "  decided by: predict_proba, without an error or warning",
        "",
        "Outputs that differ (5 others are identical)",
        "  predict_proba: scores-changed, 113 of 113 rows, by up to 33 (0.97 relative), "
        "no longer probabilities: they reach from 0 to 34",
        "",
        "Packages (1.3 → 1.9)",
        "  python 3.12.1",
        "  numpy 1.26.2 → 2.5.3",
        "",
        "Reproduce by hand",
        f"  {Path('/environments/1.9/bin/python')}",
        f"  >>> path = {str(Path('/state/artifacts/ab/abc.joblib'))!r}",
        "  >>> import sys, joblib, pickle",
        "  >>> sys.path.append(FOLDER)  # with the pipelines' own classes, if they have any",
        "  >>> model = joblib.load(path)",
    ]


def test_untrusted_text_is_printable() -> None:
    evil = "\x1b[2J[red]gone\n\r"
    cell = Cell(
        pipeline="tree",
        format="pickle-4",
        writer=OLD.id,
        reader=NEW.id,
        verdict=Verdict.LOAD_FAILED,
        stage="load",
        exception=Failure(type=evil, message=evil * 10, traceback=evil),
        warnings=(WarningSeen(category=evil, message=evil, stage=evil),),
    )
    lines = evidence(cell, OLD, NEW, None)
    assert all(line.isprintable() for line in lines)
    assert "Reproduce by hand" not in lines
