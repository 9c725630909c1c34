"""Every report says how much the rows of the pipelines would notice, and names the weak ones."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from made_up import small_matrix

from matrix.model import Evidence, Matrix
from matrix.report import FORMATS, row_evidence
from matrix.report.notice import tally


def evidence(noticed: int, live: int = 100, *, constant: bool = False) -> Evidence:
    return Evidence.of(
        by_source={"declared": 113, "model": 400},
        faults=live,
        live=live,
        noticed=noticed,
        leaves=0,
        reached=0,
        complete=True,
        constant=constant,
    )


def measured(**found: Evidence) -> Matrix:
    return replace(small_matrix(), evidence=found)


def test_strong_rows_are_counted_and_weaker_ones_named_the_weakest_first() -> None:
    found = measured(good=evidence(97), lesser=evidence(88), weak=evidence(20))
    assert list(row_evidence.sentences(found)) == [
        "The rows of 1 of 3 pipelines notice at least 90 % of small faults planted in the model; "
        "fewer: weak 20 % (20 of 100, too few to tell), lesser 88 % (88 of 100)."
    ]


def test_a_share_is_never_rounded_up() -> None:
    assert row_evidence.share(evidence(899, 1000)) == "89 % (899 of 1,000)"


def test_nothing_is_said_where_nothing_was_measured() -> None:
    assert list(row_evidence.sentences(measured())) == []


def test_only_some_of_many_weak_pipelines_are_named() -> None:
    (text,) = row_evidence.sentences(measured(**{f"p{n:02}": evidence(60) for n in range(12)}))
    assert text.endswith("p07 60 % (60 of 100) and 4 more.")


def test_constant_outputs_are_named() -> None:
    (text,) = row_evidence.sentences(measured(still=evidence(0, 0, constant=True)))
    assert text.endswith("fewer: still (every output is constant).")


def test_a_model_in_which_no_fault_could_be_planted_is_not_counted_as_noticing_all() -> None:
    none = replace(evidence(0, 0), faults=0)
    assert list(row_evidence.sentences(measured(good=evidence(97), closed=none))) == [
        "No fault could be planted in closed: what their rows would notice is unknown.",
        "The rows of 1 of 1 pipelines notice at least 90 % of small faults planted in the model.",
    ]
    assert row_evidence.described(none).endswith(
        "No fault could be planted, so what they notice is unknown."
    )


def test_the_rows_of_a_pipeline_are_described_by_source() -> None:
    assert row_evidence.described(evidence(97)) == (
        "513 rows: 113 declared, 400 where the fitted model decides. They notice 97 % (97 of 100) "
        "of the small faults planted in the model."
    )


@pytest.mark.parametrize("name", ["json", "markdown", "html", "csv", "junit", "sarif", "text"])
def test_every_report_names_a_weak_pipeline(name: str) -> None:
    matrix = measured(weak=evidence(20))
    assert any("weak 20 %" in line for line in tally(matrix).notice(matrix))
    stream = io.StringIO()
    FORMATS[name](matrix, stream)
    assert "weak 20 %" in " ".join(stream.getvalue().split())
