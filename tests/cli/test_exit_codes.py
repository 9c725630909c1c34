"""What a matrix means to whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

import pytest

from matrix.cli.commands.run import exit_code
from matrix.errors import Exit
from matrix.model import Cell, Detection, Matrix, Verdict

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


def matrix(verdicts: Iterable[Verdict], **self_check: Detection) -> Matrix:
    cells = [
        Cell(pipeline="p", format="joblib", writer="a", reader="b", verdict=verdict)
        for verdict in verdicts
    ]
    return Matrix(
        started=NOW,
        finished=NOW,
        environments=(),
        pipelines=(),
        cells=cells,
        self_check=self_check,
    )


FOUND, MISSED = Detection.DETECTED, Detection.MISSED


@pytest.mark.parametrize(
    ("verdicts", "fail_on", "code"),
    [
        ([Verdict.LOAD_FAILED], [], Exit.OK),
        ([Verdict.LOAD_FAILED], [Verdict.LOAD_FAILED], Exit.UNSAFE),
        ([Verdict.IDENTICAL], [Verdict.LOAD_FAILED], Exit.OK),
    ],
)
def test_only_what_is_named_fails(
    verdicts: list[Verdict], fail_on: list[Verdict], code: Exit
) -> None:
    assert exit_code(matrix(verdicts, change=FOUND), frozenset(fail_on)) is code


def test_a_planted_fault_that_was_missed_means_cannot_tell() -> None:
    missed = matrix([Verdict.IDENTICAL], change=FOUND, crash=MISSED)
    assert exit_code(missed, frozenset()) is Exit.CANNOT_TELL
    unsafe_too = matrix([Verdict.LOAD_FAILED], crash=MISSED)
    assert exit_code(unsafe_too, frozenset({Verdict.LOAD_FAILED})) is Exit.CANNOT_TELL


def test_a_run_that_planted_nothing_cannot_tell_either() -> None:
    assert exit_code(matrix([Verdict.IDENTICAL]), frozenset()) is Exit.CANNOT_TELL
