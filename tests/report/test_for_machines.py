"""JUnit XML, SARIF, CSV, the badge and the picture: what their readers make of them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from made_up import pipeline, small_matrix
from reading import csv_rows, junit, sarif, strict_json, svg_text, written

from matrix import baseline as baselines
from matrix.model import (
    Cell,
    Detection,
    Failure,
    FileLine,
    Group,
    Matrix,
    ModelAnswer,
    Status,
    Verdict,
)

CELL = Cell(
    pipeline="p",
    format="joblib",
    writer="sklearn-1.2",
    reader="sklearn-1.3",
    verdict=Verdict.CRASHED,
)


def with_cells(*cells: Cell) -> Matrix:
    """Of the small matrix with these cells alone."""
    return replace(small_matrix(), cells=cells, pipelines=(pipeline("p"),))


# --------------------------------------------------------------------------- JUnit XML


def test_a_suite_is_a_pipeline_and_a_case_a_way_through_it() -> None:
    """CI systems show the one as a class and the other as its tests."""
    suites = list(junit(written(small_matrix(), "junit")))
    assert [suite.name for suite in suites][:3] == [
        "about this report",
        "adaboost_samme_r",
        "pls_regression",
    ]
    case = next(iter(suites[1]))
    assert (case.classname, case.name) == ("adaboost_samme_r", "joblib: sklearn-1.2 → sklearn-1.2")
    names = [(case.classname, case.name) for suite in suites for case in suite]
    assert len(set(names)) == len(names) == 175


def test_a_pipeline_has_one_suite_though_its_cells_are_far_apart() -> None:
    """Cells come pair of environments by pair, so those of one pipeline never stand together."""
    matrix = small_matrix()
    neighbours = pairwise(cell.pipeline for cell in matrix.cells)
    assert any(before != after for before, after in neighbours)
    _, *suites = junit(written(matrix, "junit"))
    assert [suite.name for suite in suites] == [one.id for one in matrix.pipelines]
    for suite in suites:
        cells = [cell for cell in matrix.cells if cell.pipeline == suite.name]
        assert [case.name for case in suite] == [
            f"{cell.format}: {cell.writer} → {cell.reader}" for cell in cells
        ]
        unknown = sum(cell.verdict.group is Group.UNKNOWN for cell in cells)
        failures = sum(cell.verdict.group in (Group.CHANGES, Group.FAILS) for cell in cells)
        assert (suite.tests, suite.failures, suite.skipped) == (len(cells), failures, unknown)


def test_a_failure_has_verdict_and_reason() -> None:
    """``--fail-on`` does not change the report."""
    suites = junit(written(small_matrix(), "junit"))
    results = [result for suite in suites for case in suite for result in case.result]
    changed = next(result for result in results if result.type == "labels-changed")
    assert changed.message == "labels-changed in predict: 16 of 1,000 labels"
    assert "recall of spam 0.900 → 0.100" in changed.text
    assert "explain adaboost_samme_r sklearn-1.3 sklearn-1.6" in changed.text
    skipped = next(result for result in results if result.type == "unavailable")
    assert skipped.message.endswith("no estimator TargetEncoderRidge in this release")


def test_environments_are_properties_of_the_first_suite() -> None:
    """With their packages, or the reason why they are not available."""
    about = next(iter(junit(written(small_matrix(), "junit"))))
    found = {each.name: each.value for each in about.properties()}
    assert "numpy 1.24.2" in found["environment sklearn-1.2"]
    assert found["environment sklearn-0.21"].startswith("unavailable: no wheel")
    assert found["self-check never ends"] == "missed"


# --------------------------------------------------------------------------- SARIF


def test_findings_stand_at_the_line_of_their_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a place under the folder that the report is made in, for code scanning to show."""
    monkeypatch.chdir(Path(__file__).parent)
    file = Path(__file__).parent / "a folder" / "é.py"
    matrix = replace(with_cells(CELL), pipelines=(replace(pipeline("p"), file=file, line=12),))
    (result,) = sarif(written(matrix, "sarif"))["results"]
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"] == {"uri": "a%20folder/%C3%A9.py", "uriBaseId": "%SRCROOT%"}
    assert where["region"] == {"startLine": 12}
    monkeypatch.chdir(Path(__file__).parents[2] / "matrix")
    (result,) = sarif(written(matrix, "sarif"))["results"]
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"] == {"uri": file.as_uri()}


def test_findings_stand_at_the_requirement_that_asks_for_the_reader() -> None:
    """A bump is a changed line of a requirements file; the pipeline is beside the point."""
    place = FileLine(file=Path("requirements/prod.txt"), line=7)
    environments = tuple(
        replace(e, spec=replace(e.spec, place=place)) if e.id == "sklearn-1.3" else e
        for e in small_matrix().environments
    )
    matrix = replace(with_cells(CELL), environments=environments)
    (result,) = sarif(written(matrix, "sarif"))["results"]
    (there,) = result["locations"]
    assert there["physicalLocation"]["artifactLocation"]["uri"] == "requirements/prod.txt"
    assert there["physicalLocation"]["region"] == {"startLine": 7}
    (here,) = result["relatedLocations"]
    assert here["physicalLocation"]["artifactLocation"]["uri"] == "fixtures/made_up.py"


def test_cells_on_one_way_are_one_finding_at_the_first_reader() -> None:
    """From 1.2: 1.3 fails, 1.5 fails as well; that is one thing to look at, not two."""
    cells = [
        replace(CELL, verdict=Verdict.LOAD_FAILED, writer=writer, reader=reader)
        for writer, reader in [
            ("sklearn-1.2", "sklearn-1.3"),
            ("sklearn-1.2", "sklearn-1.5"),
            ("sklearn-1.2", "sklearn-1.6"),
            ("sklearn-1.6", "sklearn-1.2"),
        ]
    ]
    results = sarif(written(with_cells(*cells), "sarif"))["results"]
    assert [result["occurrenceCount"] for result in results] == [3, 1]
    assert results[0]["message"]["text"].startswith("p upgraded to 1.3: saved by 1.2, load-failed")
    assert results[1]["message"]["text"].startswith("p rolled back to 1.2: saved by 1.6")


def test_a_rule_for_each_verdict_that_is_not_safe() -> None:
    """With a level and a text that helps; every result names one of them."""
    run = sarif(written(small_matrix(), "sarif"))
    rules = run["tool"]["driver"]["rules"]
    bad = {v.value for v in Verdict if v.group.unsafe}
    assert {rule["id"] for rule in rules} == bad | {"not-checked"}
    assert all(rule["help"]["text"] and rule["defaultConfiguration"]["level"] for rule in rules)
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


def test_a_finding_is_the_same_in_the_next_run() -> None:
    """Whatever its message, its count and its place have become; and no two are the same."""
    first = sarif(written(small_matrix(), "sarif"))["results"]
    moved = [
        replace(cell, exception=cell.exception and Failure(type="E", message="other"))
        for cell in small_matrix().cells
        if cell.writer != "sklearn-1.2"
    ]
    later = replace(small_matrix(), cells=moved)
    prints = [result["partialFingerprints"]["finding/v1"] for result in first]
    again = [
        result["partialFingerprints"]["finding/v1"]
        for result in sarif(written(later, "sarif"))["results"]
    ]
    assert len(set(prints)) == len(prints)
    assert again
    assert set(again) <= set(prints)


def test_brackets_in_a_message_are_no_links() -> None:
    """SARIF reads ``[text](target)`` and ``{0}`` in a message."""
    failure = Failure(type="KeyError", message="[click](https://example.org) {0}")
    matrix = with_cells(replace(CELL, verdict=Verdict.LOAD_FAILED, exception=failure))
    text = sarif(written(matrix, "sarif"))["results"][0]["message"]["text"]
    assert not set(text) & set("[]{}")


def test_a_pin_is_recommended_where_there_is_one() -> None:
    """Of the model that the finding is about."""
    pinned = ModelAnswer(
        model="p", sha256="", origin="", group=Group.FAILS, answer="", pin="scikit-learn<1.3"
    )
    matrix = replace(with_cells(CELL), answers=(pinned,))
    (result,) = sarif(written(matrix, "sarif"))["results"]
    assert result["message"]["text"].endswith("pin scikit-learn<1.3")


# --------------------------------------------------------------------------- CSV


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK()"])
def test_no_text_is_a_formula(text: str) -> None:
    """A spreadsheet would compute it when the file is opened."""
    cell = replace(CELL, pipeline=text, stage=text, reason=text, retrained=text, cause=text)
    (row,) = csv_rows(written(with_cells(cell), "csv"))
    assert not any(value.startswith(("=", "+", "-", "@")) for value in row.values())
    assert row["pipeline"].lstrip("'") == text.strip()


def test_a_row_has_the_change() -> None:
    """In columns that can be sorted and summed."""
    rows = csv_rows(written(small_matrix(), "csv"))
    row = next(row for row in rows if row["verdict"] == "scores-changed")
    assert (row["answer"], row["silent"], row["stage"]) == ("silently changes", "true", "predict")
    assert (row["rows_changed"], row["rows"], float(row["max_abs"])) == ("180", "180", 151.0)
    assert rows[0]["notice"]
    assert not any(row["notice"] for row in rows[1:])


# --------------------------------------------------------------------------- badge and picture


@pytest.mark.parametrize(
    ("verdicts", "colour"),
    [
        ([Verdict.IDENTICAL], "brightgreen"),
        ([Verdict.IDENTICAL, Verdict.NOT_RUN], "lightgrey"),
        ([Verdict.IDENTICAL, Verdict.INTROSPECTION_FAILED], "yellow"),
        ([Verdict.INTROSPECTION_FAILED, Verdict.NOT_RUN], "yellow"),
        ([Verdict.INTROSPECTION_FAILED, Verdict.SCORES_CHANGED], "orange"),
        ([Verdict.IDENTICAL, Verdict.UNSTABLE, Verdict.NOT_RUN], "orange"),
        ([Verdict.IDENTICAL, Verdict.UNSTABLE, Verdict.CRASHED], "red"),
        ([], "lightgrey"),
    ],
)
def test_a_badge_is_green_only_where_all_is_known_and_safe(
    verdicts: list[Verdict], colour: str
) -> None:
    """Its message counts the rest."""
    cells = [replace(CELL, verdict=verdict) for verdict in verdicts]
    matrix = replace(with_cells(*cells), self_check={"one": Detection.DETECTED})
    badge = strict_json(written(matrix, "badge"))
    assert (badge["schemaVersion"], badge["color"]) == (1, colour)
    missed = replace(matrix, self_check={"one": Detection.MISSED})
    assert strict_json(written(missed, "badge"))["color"] in {colour, "lightgrey"} - {"brightgreen"}
    stopped = replace(matrix, interrupted=True)
    assert strict_json(written(stopped, "badge"))["color"] != "brightgreen"


def test_a_badge_of_an_upgrade_check_counts_models() -> None:
    """They are what was asked of."""
    answers = tuple(
        ModelAnswer(model=m, sha256="", origin="", group=Group.LOADS, answer="") for m in "ab"
    )
    badge = json.loads(written(replace(small_matrix(), answers=answers, self_check={}), "badge"))
    assert badge == {
        "schemaVersion": 1,
        "label": "saved models",
        "message": "2 safe",
        "color": "brightgreen",
    }


def test_a_picture_needs_nothing_from_elsewhere() -> None:
    """No fonts, images or scripts from the network."""
    text = written(small_matrix(), "svg")
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not any(word in text for word in ("@font-face", "@import", "<script", "<image", "href"))
    assert "pls_regression" in svg_text(text)


def test_the_svg_has_colours_in_every_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal without colours has no say in a file."""
    bright = written(small_matrix(), "svg")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert written(small_matrix(), "svg") == bright


# --------------------------------------------------------------------------- against a baseline


def compared() -> Matrix:
    """Of four cells: one was known, one is new, one is worse, one was fixed."""
    before = {
        "known": (Verdict.LABELS_CHANGED, Verdict.LABELS_CHANGED),
        "new": (Verdict.IDENTICAL, Verdict.CRASHED),
        "worse": (Verdict.SCORES_CHANGED, Verdict.LABELS_CHANGED),
        "fixed": (Verdict.LOAD_FAILED, Verdict.EQUIVALENT),
    }
    was, now = (
        replace(
            small_matrix(),
            cells=tuple(
                replace(CELL, pipeline=name, verdict=pair[at]) for name, pair in before.items()
            ),
            pipelines=tuple(map(pipeline, before)),
        )
        for at in (0, 1)
    )
    known = baselines.of_matrix(was, "compat-baseline.toml")
    return replace(now, comparison=baselines.compare(known, now, date(2026, 11, 21)))


def test_a_test_that_was_known_to_fail_is_skipped() -> None:
    """Only new and worse cells fail; no cell that is not safe passes."""
    suites = list(junit(written(compared(), "junit")))
    results = {case.classname: case.result for suite in suites for case in suite}
    kinds = {name: [type(one).__name__ for one in found] for name, found in results.items()}
    assert kinds == {"known": ["Skipped"], "new": ["Failure"], "worse": ["Failure"], "fixed": []}
    assert results["known"][0].message.startswith("known before: labels-changed")
    assert results["worse"][0].message.startswith("worse than before: ")
    assert {one.name: one.skipped for one in suites}["known"] == 1
    assert "1 new, 1 worse, 1 fixed, 1 still, 0 gone" in written(compared(), "junit")


def test_a_finding_has_its_baseline_state() -> None:
    run = sarif(written(compared(), "sarif"))
    names = [one["locations"][0]["logicalLocations"][0]["name"] for one in run["results"]]
    states = [one["baselineState"] for one in run["results"]]
    assert dict(zip(names, states, strict=True)) == {
        "known": "unchanged",
        "new": "new",
        "worse": "updated",
    }
    assert all(
        "baselineState" not in one for one in sarif(written(small_matrix(), "sarif"))["results"]
    )


def test_a_row_has_its_baseline_status() -> None:
    """As often as the comparison counts it."""
    matrix = compared()
    rows = csv_rows(written(matrix, "csv"))
    assert {row["pipeline"]: row["known"] for row in rows}["new"] == "new"
    assert matrix.comparison is not None
    found = Counter(row["known"] for row in rows)
    assert all(found[status.value] == n for status, n in matrix.comparison.counts.items())
    assert found[Status.STILL.value] == 1
    assert {row["known"] for row in csv_rows(written(small_matrix(), "csv"))} == {""}
