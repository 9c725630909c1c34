"""The headline names the worst output; every report names every output that changed or failed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from made_up import small_matrix
from reading import csv_rows, embedded, sarif, strict_json, svg_text, written

from matrix.explain.explanation import explanation_of
from matrix.model import Cell, Failure, Group, Matrix, OutputDifference, Verdict
from matrix.report.sentences import other_outputs, what_decided

ERROR = Failure(type="AttributeError", message="no attribute 'positive'")
ROWS = OutputDifference(verdict=Verdict.SCORES_CHANGED, max_abs=0.25, n_changed=13, n=137)
LABELS = OutputDifference(verdict=Verdict.LABELS_CHANGED, n_changed=4, n=50)
FAILED = OutputDifference(verdict=Verdict.USE_FAILED, note="raises AttributeError")
NOT_SHOWN = OutputDifference(verdict=Verdict.INTROSPECTION_FAILED, note="raises AttributeError")
ROUNDING = OutputDifference(verdict=Verdict.EQUIVALENT, max_abs=1e-16, n=137)
UNKNOWN = OutputDifference(verdict=Verdict.NOT_RUN, note="it cannot be compared")

CASES = {
    "a failing accessory and changed numbers": (
        {"transform": ROWS, "get_support": FAILED, "predict": ROUNDING},
        "get_support",
        "also changes transform in 13 of 137 rows by up to 0.25",
    ),
    "a failing accessory and changed labels": (
        {"predict": LABELS, "get_support": FAILED},
        "get_support",
        "also changes predict in 4 of 50 labels",
    ),
    "changed labels and a failing repr": (
        {"predict": LABELS, "repr": NOT_SHOWN},
        "predict",
        "also fails in repr",
    ),
    "changed labels, further changes, failures": (
        {"predict": LABELS, "predict_proba": ROWS, "repr": NOT_SHOWN, "get_params": NOT_SHOWN},
        "predict",
        "also predict_proba by up to 0.25; fails in repr, get_params",
    ),
    "changed numbers and an unknown output": (
        {"transform": ROWS, "predict": UNKNOWN},
        "transform",
        "also unknown in predict",
    ),
    "an output that is not reported, and a changed one": (
        {"transform": ROWS, "predict": UNKNOWN},
        "predict",
        "also changes transform in 13 of 137 rows by up to 0.25",
    ),
    "several failures and changes": (
        {
            "predict": FAILED,
            "score": FAILED,
            "transform": ROWS,
            "apply": replace(ROWS, max_abs=None),
            "repr": NOT_SHOWN,
        },
        "predict",
        "also changes transform in 13 of 137 rows by up to 0.25, apply in 13 of 137 rows; "
        "fails in score, repr",
    ),
    "repr and get_params": (
        {"repr": NOT_SHOWN, "get_params": NOT_SHOWN},
        "repr",
        "also fails in get_params",
    ),
    "a failing repr on weak evidence": ({"repr": NOT_SHOWN}, "", "also fails in repr"),
    "only rounding beside it": ({"predict": ROUNDING, "repr": NOT_SHOWN}, "repr", ""),
}


def cell_of(name: str, matrix: Matrix) -> Cell:
    """A safe cell of the matrix between two releases, with these outputs instead."""
    outputs, stage, _ = CASES[name]
    first = next(one for one in matrix.cells if one.verdict.safe and one.writer != one.reader)
    verdict = outputs[stage].verdict if stage else Verdict.WEAK_EVIDENCE
    failed = verdict in (Verdict.USE_FAILED, Verdict.INTROSPECTION_FAILED)
    return replace(
        first,
        verdict=verdict,
        stage=stage,
        outputs=outputs,
        exception=ERROR if failed else None,
        reason="nothing was reported of predict" if verdict is Verdict.NOT_RUN else "",
    )


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Matrix, Cell, str]:
    """A matrix of one cell, the cell, and the words for its other outputs."""
    matrix = small_matrix()
    cell = cell_of(request.param, matrix)
    return replace(matrix, cells=(cell,), comparison=None), cell, CASES[request.param][2]


def names_in(cell: Cell) -> set[str]:
    """The outputs that changed, failed or are unknown."""
    return {name for name, one in cell.outputs.items() if not one.verdict.safe}


def test_one_sentence_names_all_others(case: tuple[Matrix, Cell, str]) -> None:
    _, cell, words = case
    assert other_outputs(cell) == words
    text = what_decided(cell)
    assert all(re.search(rf"\b{name}\b", text) for name in names_in(cell))
    assert text.startswith(cell.verdict.value)


@pytest.mark.parametrize("name", ["junit", "csv", "json", "html", "sarif"])
def test_a_report_for_machines_names_every_output(
    case: tuple[Matrix, Cell, str], name: str
) -> None:
    matrix, cell, words = case
    text = written(matrix, name)
    if name == "sarif":
        results = sarif(text)["results"]
        if cell.verdict.group is Group.UNKNOWN:
            assert not results, "what is unknown is no finding"
            return
        (result,) = results
        text = result["message"]["text"]
    elif name == "csv":
        (row,) = csv_rows(text)
        assert row["other_outputs"] == words
        text = f"{row['stage']} {row['other_outputs']}"
    elif name == "json":
        (found,) = strict_json(text)["cells"]
        assert set(found["outputs"]) == set(cell.outputs)
    elif name == "html":
        text = str(embedded(text))
    assert all(re.search(rf"\b{method}\b", text) for method in names_in(cell))
    if name in ("junit", "sarif"):
        assert words in text


@pytest.mark.parametrize("name", ["text", "markdown", "svg"])
def test_a_report_for_people_names_every_change(case: tuple[Matrix, Cell, str], name: str) -> None:
    """Failures are grouped by their message, with the outputs that change beside them."""
    matrix, cell, _ = case
    text = svg_text(written(matrix, name)) if name == "svg" else written(matrix, name)
    changed = {method for method in names_in(cell) if cell.outputs[method].verdict not in _FAILING}
    for method in changed - {name for name, one in cell.outputs.items() if one is UNKNOWN}:
        assert re.search(rf"\b{method}\b", text)
    assert cell.stage in text


_FAILING = (Verdict.USE_FAILED, Verdict.INTROSPECTION_FAILED)


def test_an_explanation_names_every_output(case: tuple[Matrix, Cell, str]) -> None:
    matrix, cell, words = case
    by_id = {one.id: one for one in matrix.environments}
    answer = explanation_of(cell, by_id[cell.writer], by_id[cell.reader]).answer
    assert words in answer
    if cell.verdict.group is not Group.UNKNOWN:
        assert all(re.search(rf"\b{name}\b", answer) for name in names_in(cell))
