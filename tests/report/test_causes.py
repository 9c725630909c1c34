"""Causes in every report: how much of it, what it is, and what to do."""

from __future__ import annotations

import json
from dataclasses import replace

from drawing import Draw
from made_up import environment, failed, pipeline, small_matrix
from reading import embedded, written

from matrix import causes
from matrix.model import Cell, Matrix, Verdict
from matrix.report.cause_text import share_known, without_known_cause
from matrix.report.summary import summarize

OLD, NEW = environment("1.2", "1.2.2"), environment("1.3", "1.3.2")
KNOWN = causes.by_id()["tree-nodes-1.3"]
GOOD = Cell(
    pipeline="tree", format="joblib", writer=OLD.id, reader=NEW.id, verdict=Verdict.IDENTICAL
)
BAD = failed(GOOD, Verdict.LOAD_FAILED, "load", "ValueError", "node array")


def matrix_of(known: int, unknown: int) -> Matrix:
    cells = [
        GOOD,
        *[replace(BAD, cause=KNOWN.id)] * known,
        *[replace(BAD, cause=f"{causes.PREFIX}{n % 2}") for n in range(unknown)],
    ]
    return replace(
        small_matrix(), environments=(OLD, NEW), pipelines=(pipeline("tree"),), cells=cells
    )


def test_the_summary_counts_the_cells_of_each_cause() -> None:
    summary = summarize(matrix_of(3, 4))
    [caused] = summary.known_causes()
    assert (caused.id, caused.cells, caused.known) == (KNOWN.id, 3, KNOWN)
    assert sum(one.cells for one in summary.causes.values()) == summary.bad == 7
    assert share_known(summary) == "known for 42.8 % of 7 cells that change or fail"
    assert without_known_cause(summary) == "no known cause: 4 cells in 2 groups"


def test_a_hundred_percent_is_all_of_them() -> None:
    assert share_known(summarize(matrix_of(5, 0))).startswith("known for 100.0 % ")
    assert share_known(summarize(matrix_of(1999, 1))).startswith("known for 99.9 % ")
    assert without_known_cause(summarize(matrix_of(5, 0))) == ""


def test_the_terminal_names_the_cause_and_its_release(draw: Draw) -> None:
    picture = draw(matrix_of(3, 1))
    assert "Causes (known for 75.0 % of 4 cells that change or fail)" in picture
    assert f"      3  {KNOWN.title}\n" in picture
    assert "tree-nodes-1.3, since scikit-learn 1.3.0, 1 pipeline" in picture
    assert "no known cause: 1 cell in 1 group" in picture


def test_without_causes_there_is_no_section(draw: Draw) -> None:
    """Results that an older version kept have none."""
    for matrix in (matrix_of(0, 0), replace(matrix_of(0, 0), cells=[BAD])):
        assert "Causes" not in draw(matrix)
        assert "Causes" not in written(matrix, "markdown")


def test_markdown_has_explanation_and_advice() -> None:
    text = written(matrix_of(3, 1), "markdown")
    for said in (KNOWN.markdown_title, KNOWN.explanation, KNOWN.advice, f"({KNOWN.links[0]})"):
        assert said in text


def test_the_page_embeds_the_causes_of_its_cells() -> None:
    (head,) = embedded(written(matrix_of(3, 1), "html"))["head"]
    known = head["causes"]
    assert set(known) == {KNOWN.id}
    assert known[KNOWN.id]["advice"] == KNOWN.advice
    assert known[KNOWN.id]["links"] == list(KNOWN.links)


def test_a_finding_has_advice() -> None:
    results = json.loads(written(matrix_of(3, 0), "sarif"))["runs"][0]["results"]
    said = results[0]["message"]["text"]
    assert f"{KNOWN.title} ({KNOWN.id}, since scikit-learn 1.3.0): {KNOWN.advice}" in said


def test_machines_get_the_id() -> None:
    matrix = matrix_of(1, 0)
    cells = json.loads(written(matrix, "json"))["cells"]
    assert [cell["cause"] for cell in cells] == [None, KNOWN.id]
    assert f",{KNOWN.id}," in written(matrix, "csv")
