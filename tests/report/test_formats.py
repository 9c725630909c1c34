"""Every format: well-formed whatever the models say, and the same numbers in each."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from made_up import made_up_matrix, small_matrix
from reading import (
    csv_rows,
    junit,
    markdown_tokens,
    sarif,
    strict_json,
    svg_text,
    written,
)

from matrix.engine.cell_index import CellIndex
from matrix.errors import Exit, StoreError, UsageError
from matrix.model import Group, Matrix, Verdict
from matrix.report import FORMATS, ReportOutput
from matrix.report.markdown import LONGEST
from tests.strategies import MATRICES

COMMAND = re.compile(r"^\s*::[a-zA-Z]|##[\w.-]*\[", re.MULTILINE)
"""What GitHub, Azure and TeamCity obey in a log."""
OURS = re.compile(r"</?(details|summary)>.*", re.DOTALL)
"""The only tags in our Markdown."""


def check(matrix: Matrix) -> None:
    """Hold every format to what it promises."""
    for name in FORMATS:
        found = COMMAND.search(written(matrix, name))
        assert found is None, (name, found)
    cells = list(matrix.cells)
    total = len(cells) + len(matrix.unanswered)
    assert len(csv_rows(written(matrix, "csv"))) == total
    assert sum(suite.tests for suite in junit(written(matrix, "junit"))) == total
    run = sarif(written(matrix, "sarif"))
    bad = [cell.pipeline for cell in cells if cell.verdict.group.unsafe]
    unknown = [one for one in matrix.answers if one.group is Group.UNKNOWN]
    alone = sum(one.model not in bad for one in unknown)
    assert sum(result["occurrenceCount"] for result in run["results"]) == len(bad) + alone
    badge = strict_json(written(matrix, "badge"))
    assert set(badge) == {"schemaVersion", "label", "message", "color"}
    if matrix.joint is None:
        assert "Limits" in svg_text(written(matrix, "svg"))
        assert "Limits" in written(matrix, "text")
    text = written(matrix, "markdown")
    assert len(text) <= LONGEST
    for token in markdown_tokens(text):
        assert token.type not in {"link_open", "image", "html_inline"}
        assert token.type != "html_block" or OURS.fullmatch(token.content)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(matrix=MATRICES)
def test_every_format_is_well_formed_whatever_the_models_say(matrix: Matrix) -> None:
    """Names, messages and numbers may be anything."""
    check(matrix)


SOME = ["0.22", "0.24", "1.2", "1.3", "1.5", "1.9", "1.5 numpy1.26"]


@pytest.mark.parametrize(
    "matrix", [small_matrix(), made_up_matrix(labels=SOME)], ids=["small", "large"]
)
def test_every_format_has_the_same_counts(matrix: Matrix) -> None:
    """Each counts the same cells, by verdict if it has verdicts."""
    counts = {verdict.value: n for verdict, n in matrix.counts.items()}
    groups: Counter[Group] = Counter()
    for verdict, n in matrix.counts.items():
        groups[verdict.group] += n
    bad = sum(n for group, n in groups.items() if group.unsafe)
    everywhere = {f"{n:,} {word}" for word, n in _words(groups).items()}

    json = strict_json(written(matrix, "json"))
    assert {name: n for name, n in json["counts"].items() if n} == counts
    assert Counter(row["verdict"] for row in csv_rows(written(matrix, "csv"))) == counts

    suites = junit(written(matrix, "junit"))
    assert (suites.tests, suites.failures, suites.errors) == (sum(counts.values()), bad, 0)
    assert suites.skipped in (None, groups[Group.UNKNOWN])
    kinds = Counter(result.type for suite in suites for case in suite for result in case.result)
    assert kinds == {name: n for name, n in counts.items() if not Verdict(name).safe}

    run = sarif(written(matrix, "sarif"))
    found: Counter[str] = Counter()
    for result in run["results"]:
        found[result["ruleId"]] += result["occurrenceCount"]
    assert found == {name: n for name, n in counts.items() if Verdict(name).group.unsafe}
    assert {name: n for name, n in run["properties"]["counts"].items() if n} == counts

    badge = strict_json(written(matrix, "badge"))["message"]
    headline = written(matrix, "markdown").splitlines()[0]
    for said in everywhere:
        assert said in badge
        assert said in headline
    for name, n in counts.items():
        assert f"| {name} | {n:,} |" in written(matrix, "markdown")
    for shown in (written(matrix, "text"), svg_text(written(matrix, "svg"))):
        assert everywhere <= {" ".join(found.split()) for found in _numbers(shown)}


def test_made_up_cells_come_in_the_order_of_a_real_run() -> None:
    """Otherwise no test would see what a report makes of that order."""
    matrix = made_up_matrix()
    ready = [one for one in matrix.environments if one.ready]
    found = [(one.pipeline, one.format, one.writer, one.reader) for one in matrix.cells]
    assert found == list(CellIndex(ready, matrix.pipelines).open())


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"html", "json"}))
def test_a_report_does_not_depend_on_the_order_of_cells(name: str) -> None:
    """Pipeline by pipeline, or pair by pair: a merged or an older result may have either."""
    matrix = made_up_matrix(labels=SOME)
    other = replace(matrix, cells=sorted(matrix.cells, key=lambda cell: cell.pipeline))
    assert _sorted(written(matrix, name), name) == _sorted(written(other, name), name)


def _sorted(text: str, name: str) -> object:
    """A report without the order of things that stand beside each other."""
    if name == "junit":
        return [
            (one.name, one.tests, one.failures, one.skipped, sorted(case.name for case in one))
            for one in sorted(junit(text), key=lambda one: one.name)
        ]
    if name == "csv":
        return sorted(map(str, ({**row, "notice": ""} for row in csv_rows(text))))
    if name == "sarif":
        return sorted(map(str, sarif(text)["results"]))
    return text


def _words(groups: Counter[Group]) -> dict[str, int]:
    words = {Group.LOADS: "safe", Group.CHANGES: "change silently"}
    words |= {Group.FAILS: "fail", Group.UNKNOWN: "unknown"}
    return {words[group]: n for group, n in groups.items()}


def _numbers(text: str) -> list[str]:
    return re.findall(r"[\d,]+ (?:safe|change silently|fail|unknown)", text)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"badge", "html"}))
def test_every_report_states_its_limits(name: str) -> None:
    """A badge has no room; its colour is green only where nothing is unknown."""
    text = written(small_matrix(), name)
    said = svg_text(text) if name == "svg" else text
    said = " ".join(said.split())
    assert "Safe means: these pipelines gave the same outputs on these rows" in said
    assert "34 of 175 cells are unknown" in said
    assert "compared on 180 to 1,000 rows" in said


def test_cells_not_run_and_interruption_are_reported() -> None:
    """In each format, as far as it has words."""
    cells = [replace(cell, verdict=Verdict.NOT_RUN) for cell in small_matrix().cells]
    matrix = replace(small_matrix(), cells=cells[:3], interrupted=True)
    for name in sorted(set(FORMATS) - {"badge", "html"}):
        text = written(matrix, name)
        said = " ".join((svg_text(text) if name == "svg" else text).split())
        assert "3 of 3 cells were not run" in said, name
        assert "interrupted" in said, name


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_report_that_cannot_be_written_is_an_error(name: str, tmp_path: Path) -> None:
    """A clear error that no result is lost by, and nothing is left behind."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        ReportOutput(name, tmp_path / "file" / "report").write(small_matrix())
    assert caught.value.exit_code in (Exit.USAGE, Exit.CANNOT_TELL)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    with pytest.raises(UsageError, match="the path is missing"):
        ReportOutput.parse(name)


def test_an_unknown_format_lists_the_known_ones() -> None:
    """By name, all of them."""
    with pytest.raises(UsageError) as caught:
        ReportOutput.parse("pdf:report.pdf")
    assert caught.value.exit_code is Exit.USAGE
    assert all(name in caught.value.advice for name in FORMATS)
