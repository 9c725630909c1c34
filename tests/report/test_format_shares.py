"""Formats are compared on the same pipelines, and what a format cannot do counts against it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from made_up import environment, made_up_matrix, pipeline

from matrix.model import Cell, FormatCost, Matrix, Verdict, codec
from matrix.report.format_shares import compare_formats, file_size, milliseconds, percent
from matrix.report.summary import summarize
from matrix.report.terminal import show

FORMATS = ("joblib", "cloudpickle", "skops")
NAMES = ("a", "b", "c", "d", "e")


def verdict(name: str, format_name: str, writer: str, reader: str) -> Verdict:
    """skops saves all but one pipeline; joblib files of one break on the way up."""
    if format_name == "skops" and name == "a":
        return Verdict.NOT_SAVED
    if (
        format_name == "joblib"
        and name == "b"
        and (writer, reader) == ("sklearn-1.3", "sklearn-1.4")
    ):
        return Verdict.LOAD_FAILED
    return Verdict.IDENTICAL


@pytest.fixture
def compared() -> Matrix:
    ends = ("sklearn-1.3", "sklearn-1.4")
    cells = [
        Cell(
            pipeline=name,
            format=format_name,
            writer=writer,
            reader=reader,
            verdict=verdict(name, format_name, writer, reader),
        )
        for name in NAMES
        for format_name in FORMATS
        for writer in ends
        for reader in ends
    ]
    alone = replace(cells[0], pipeline="joblib alone", verdict=Verdict.CRASHED)
    costs = [
        FormatCost(
            pipeline=name,
            format=format_name,
            size=1000 * (1 + FORMATS.index(format_name)),
            save_seconds=0.001,
            load_seconds=0.002,
        )
        for name in NAMES
        for format_name in FORMATS
        if (name, format_name) != ("a", "skops")
    ]
    return replace(
        made_up_matrix(names=["ridge"]),
        cells=(*cells, alone),
        environments=tuple(environment(end, f"{end}.0") for end in ("1.3", "1.4")),
        pipelines=tuple(pipeline(name, FORMATS) for name in (*NAMES, "joblib alone")),
        format_costs=tuple(costs),
    )


def test_shares_are_of_the_pipelines_that_were_tried_in_every_format(compared: Matrix) -> None:
    found = compare_formats(compared, summarize(compared))
    assert found is not None
    assert found.pipelines == 5
    shares = {share.format: share for share in found.shares}
    assert {name: (one.saved, one.tried, one.safe, one.loaded) for name, one in shares.items()} == {
        "joblib": (10, 10, 9, 10),
        "cloudpickle": (10, 10, 10, 10),
        "skops": (8, 10, 8, 8),
    }
    assert [shares[name].size for name in FORMATS] == [1000, 2000, 3000]
    assert [shares[name].runs_code for name in FORMATS] == [True, True, False]
    assert [shares[name].needs for name in FORMATS] == ["", "cloudpickle", "skops"]


def test_one_format_or_few_pipelines_are_no_comparison(compared: Matrix) -> None:
    def only(keep: Any) -> Matrix:
        return replace(compared, cells=[cell for cell in compared.cells if keep(cell)])

    for one in (
        only(lambda cell: cell.format == "joblib"),
        only(lambda cell: cell.pipeline in ("a", "b")),
    ):
        assert compare_formats(one, summarize(one)) is None


def test_the_terminal_shows_them_side_by_side(compared: Matrix) -> None:
    stream = io.StringIO()
    show(compared, file=stream, width=80)
    text = stream.getvalue()
    section = text[text.index("Ways to save") : text.index("  saved: of the trained")]
    assert [" ".join(line.split()) for line in section.splitlines() if line] == [
        "Ways to save, compared on 5 pipelines",
        "saved safe size save load code needs",
        "joblib 100 % 90 % 1.0 kB 1.0 ms 2.0 ms yes",
        "cloudpickle 100 % 100 % 2.0 kB 1.0 ms 2.0 ms yes cloudpickle",
        "skops 80 % 100 % 3.0 kB 1.0 ms 2.0 ms no skops",
    ]
    assert max(map(len, text.splitlines())) <= 80


def test_costs_are_in_the_json_result_and_older_results_have_none(compared: Matrix) -> None:
    head = codec.decode(codec.encode(codec.head_to_json(compared)))
    assert codec.matrix_from_head(head, ()).format_costs == compared.format_costs
    del head["format_costs"]
    assert codec.matrix_from_head(head, ()).format_costs == ()


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 0, ""), (999, 1000, "99 %"), (1000, 1000, "100 %")]
)
def test_only_all_is_a_hundred_percent(part: int, whole: int, said: str) -> None:
    assert percent(part, whole) == said


def test_sizes_and_times_in_words() -> None:
    assert [file_size(size) for size in (None, 12, 1234, 2_500_000)] == [
        *("", "12 B"),
        *("1.2 kB", "2.5 MB"),
    ]
    assert [milliseconds(time) for time in (None, 0.00123)] == ["", "1.2 ms"]
