"""Scores before and after are always shown, with what the rows cannot show."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from made_up import made_up_matrix

from matrix.judge.scores import classifier_scores, regressor_scores
from matrix.model import Cell, Group, Matrix, ModelAnswer, RowChange, Scores, Verdict
from matrix.report.html import write_html
from matrix.report.json import schema, write_json
from matrix.report.markdown import write_markdown
from matrix.report.score_words import Score, score_lines, score_table, scored_on

TRUTH = ["no"] * 980 + ["yes"] * 20
GOOD = classifier_scores(TRUTH, TRUTH)
LOST = classifier_scores(TRUTH, ["no"] * 998 + ["yes"] * 2)
MARGIN = 0.001


def cell(before: Scores, after: Scores, reader: str = "sklearn-1.5", **more: Any) -> Cell:
    return Cell(
        pipeline="spam",
        format="joblib",
        writer="sklearn-1.3",
        reader=reader,
        verdict=Verdict.IDENTICAL if before == after else Verdict.LABELS_CHANGED,
        before=before,
        after=after,
        **more,
    )


@pytest.mark.parametrize(
    ("score", "fell", "rose"),
    [
        (Score("recall", 0.9, 0.12), True, False),
        (Score("recall", 0.9, 0.899), False, False),
        (Score("recall", 0.9, 0.8989), True, False),
        (Score("recall", 0.9, 0.95), False, True),
        (Score("log loss", 0.3, 0.4, loss=True), True, False),
        (Score("log loss", 0.4, 0.3, loss=True), False, True),
        (Score("log loss", 0.3, None, loss=True), True, False),
        (Score("ROC AUC", None, None), False, False),
        (Score("R²", 0.5, float("nan")), True, False),
        (Score("mean absolute error", 1000.0, 1000.5, loss=True, relative=True), False, False),
        (Score("mean absolute error", 1000.0, 1002.0, loss=True, relative=True), True, False),
    ],
    ids=str,
)
def test_a_score_moves_if_it_changes_by_more_than_the_margin(
    score: Score, fell: bool, rose: bool
) -> None:
    """A score that is not defined any more became worse: never better."""
    assert (score.fell(MARGIN), score.rose(MARGIN)) == (fell, rose)


def test_the_margin_is_a_choice() -> None:
    assert not Score("recall", 0.9, 0.86).fell(0.05)


def test_scores_that_did_not_move_are_shown_too() -> None:
    (first, *classes) = score_lines(cell(GOOD, GOOD), MARGIN)
    assert first.text == "scores unchanged: accuracy 1.000, balanced accuracy 1.000"
    assert not first.fell
    assert classes == []
    every = score_lines(cell(GOOD, GOOD), MARGIN, every_class=True)
    assert [one.text.split(":")[0] for one in every[1:]] == ["no (980 rows)", "yes (20 rows)"]


def test_a_recall_that_fell_stands_first_although_accuracy_hardly_moved() -> None:
    lines = score_lines(cell(GOOD, LOST), MARGIN)
    assert [one.text for one in lines] == [
        "scores: accuracy 1.000 → 0.982, balanced accuracy 1.000 → 0.550",
        "yes (20 rows): precision 1.000, recall 1.000 → 0.100, F1 1.000 → 0.182",
        "no (980 rows): precision 1.000 → 0.982, recall 1.000, F1 1.000 → 0.991",
    ]
    assert all(one.fell for one in lines)


def test_a_table_has_a_column_for_each_load() -> None:
    table = score_table([cell(GOOD, GOOD, "sklearn-1.4"), cell(GOOD, LOST)], MARGIN)
    rows = {row.name: (row.before, [(one.text, one.fell) for one in row.after]) for row in table}
    assert rows["accuracy"] == ("1.000", [("1.000", False), ("0.982", True)])
    assert rows["recall of yes (20 rows)"] == ("1.000", [("1.000", False), ("0.100", True)])


def test_a_regressor_has_its_errors() -> None:
    before = regressor_scores([1.0, 2.0, 4.0], [1.0, 2.0, 4.5])
    after = regressor_scores([1.0, 2.0, 4.0], [1.0, 2.0, 5.0])
    (line,) = score_lines(cell(before, after), MARGIN)
    assert line.text.startswith("scores: R² ")
    assert "mean absolute error 0.167 → 0.333, largest error 0.500 → 1.000" in line.text


# --------------------------------------------------------------------------- the rows


def test_few_and_uneven_rows_are_warned_of() -> None:
    rows, few, uneven = scored_on(GOOD)
    assert rows == "scored on 1,000 rows with a true answer: no 980 (98 %), yes 20 (2 %)"
    assert few.startswith("few rows of class yes: one row moves the recall of yes by 0.05")
    assert "if the recall of yes fell to 0, accuracy would fall by 0.02 at most" in uneven


def test_even_classes_with_enough_rows_have_no_warning() -> None:
    labels = ["a"] * 60 + ["b"] * 60
    assert scored_on(classifier_scores(labels, labels)) == [
        "scored on 120 rows with a true answer: a 60 (50 %), b 60 (50 %)"
    ]


def test_a_class_without_a_row_is_named() -> None:
    labels = ["a"] * 60 + ["b"] * 60
    found = scored_on(classifier_scores(labels, labels, ["a", "b", "c"]))
    assert found[1].startswith("no row of class c: a change of its recall cannot be seen")


def test_a_small_sample_of_a_regressor_is_warned_of() -> None:
    first, second = scored_on(regressor_scores([1.0, 2.0], [1.0, 2.0]))
    assert first == "scored on 2 rows with a true answer"
    assert second.startswith("so few rows show only large changes")
    assert scored_on(None) == []


# --------------------------------------------------------------------------- reports


@pytest.fixture
def checked() -> Matrix:
    answer = ModelAnswer(
        model="spam",
        sha256="",
        origin="sklearn-1.3",
        group=Group.CHANGES,
        answer="changes predict with 1.5",
        worst={
            "sklearn-1.5": (
                RowChange(row=7, before="yes", after="no", inputs="age 31, city Oslo", truth="yes"),
            )
        },
        scored_on=tuple(scored_on(GOOD)),
    )
    return replace(
        made_up_matrix(names=["ridge"]),
        cells=(cell(GOOD, GOOD, "sklearn-1.3"), cell(GOOD, LOST)),
        answers=(answer,),
    )


def test_markdown_has_the_scores_and_the_inputs_of_the_worst_rows(checked: Matrix) -> None:
    stream = io.StringIO()
    write_markdown(checked, stream)
    text = stream.getvalue()
    assert "| `recall of yes (20 rows)` | `1.000` | **`0.100` worse** |" in text
    assert "| `recall of no (980 rows)` | `1.000` | `1.000` |" in text
    assert "row 7: `yes` → `no`, true: `yes`, inputs: `age 31, city Oslo`" in text
    assert "few rows of class yes" in text


def test_json_has_them_and_follows_its_schema(checked: Matrix) -> None:
    stream = io.StringIO()
    write_json(replace(checked, score_margin=0.01), stream)
    result = json.loads(stream.getvalue())
    jsonschema.validate(result, schema())
    assert result["score_margin"] == 0.01
    (answer,) = result["answers"]
    assert answer["worst"]["sklearn-1.5"][0]["inputs"] == "age 31, city Oslo"
    assert len(answer["scored_on"]) == 3
    assert result["cells"][1]["after"]["balanced_accuracy"] == pytest.approx(0.55)


def test_the_page_has_the_scores_and_the_inputs_of_the_worst_rows(checked: Matrix) -> None:
    stream = io.StringIO()
    write_html(checked, stream)
    page = stream.getvalue()
    table = page[page.index('<table class="scores"') :]
    row = table[table.index("recall of yes (20 rows)") :].split("</tr>")[0]
    assert 'title="worse">▼</span> <b>0.100</b>' in row
    assert "<td>yes</td><td>age 31, city Oslo</td>" in page
    assert "few rows of class yes" in page
