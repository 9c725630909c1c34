"""Formats are compared on the same pipelines, and what a format cannot do counts against it."""

from __future__ import annotations

import base64
import io
import json
import zlib
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from made_up import environment, made_up_matrix, pipeline

from matrix.model import Cell, FormatCost, Matrix, Verdict, codec
from matrix.report.explanation import evidence, ways_to_save
from matrix.report.format_outcomes import FormatOutcome, in_one_line, outcomes_in, table_rows
from matrix.report.format_shares import FormatTally, compare_formats, tally
from matrix.report.format_words import file_size, milliseconds, percent
from matrix.report.html import write_html
from matrix.report.json import schema, write_json
from matrix.report.markdown import write_markdown
from matrix.report.summary import summarize
from matrix.report.terminal import show

FORMATS = ("joblib", "cloudpickle", "skops")
ENDS = ("sklearn-1.3", "sklearn-1.4")
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
        for writer in ENDS
        for reader in ENDS
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
    found = compare_formats(compared, summarize(compared).grids)
    assert found is not None
    assert found.pipelines == 5
    shares = {share.format: share for share in found.shares}
    tallies = {name: share.tally for name, share in shares.items()}
    assert {name: (t.saved, t.tried, t.safe, t.loaded) for name, t in tallies.items()} == {
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
        assert compare_formats(one, summarize(one).grids) is None


def test_the_terminal_shows_them_side_by_side(compared: Matrix) -> None:
    stream = io.StringIO()
    show(compared, file=stream, width=80)
    text = stream.getvalue()
    section = text[text.index("Ways to save") : text.index("  Measured on")]
    assert [" ".join(line.split()) for line in section.splitlines() if line] == [
        "Ways to save, compared on 5 pipelines",
        "saved safe same size save load code needs",
        "joblib 100 % 90 % 90 % 1.0 kB 1.0 ms 2.0 ms yes",
        "cloudpickle 100 % 100 % 100 % 2.0 kB 1.0 ms 2.0 ms yes cloudpickle",
        "skops 80 % 100 % 100 % 3.0 kB 1.0 ms 2.0 ms no skops",
    ]
    assert max(map(len, text.splitlines())) <= 80
    assert " ".join(
        text[text.index("Measured on") : text.index("saved: of the trained")].split()
    ) == (
        "Measured on 20 November 2026 with scikit-learn 1.3.0 and 1.4.0, Python 3.12, "
        "2 environments: 5 pipelines, 28 saved files, 28 loads in other environments."
    )


def test_the_terminal_shows_how_many_outputs_are_compared_where_formats_differ_in_it(
    compared: Matrix,
) -> None:
    """As ONNX files, which have two methods."""
    cells = [
        replace(cell, n_identical=2 if cell.format == "skops" else 9)
        if cell.verdict is Verdict.IDENTICAL
        else cell
        for cell in compared.cells
    ]
    stream = io.StringIO()
    show(replace(compared, cells=cells), file=stream, width=120)
    lines = [" ".join(line.split()) for line in stream.getvalue().splitlines()]
    assert "saved safe same outputs size save load code needs" in lines
    assert any(line.startswith("skops 80 % 100 % 100 % 2 ") for line in lines)
    assert "outputs: how many a load compares" in " ".join(lines)


def test_markdown_has_the_same_table_and_one_by_family(compared: Matrix) -> None:
    stream = io.StringIO()
    write_markdown(compared, stream)
    text = stream.getvalue()
    assert "| `skops` | 80 % | 100 % | 100 % |  | 3.0 kB | 1.0 ms | 2.0 ms | no | skops |" in text
    assert "Measured on 20 November 2026 with scikit-learn 1.3.0 and 1.4.0" in text
    assert "| family | pipelines | `joblib` | `cloudpickle` | `skops` |" in text
    assert "| `made_up` | 5 | 90 % | 100 % | 100 % (80 % saved) |" in text


def test_json_has_the_shares_and_follows_its_schema(compared: Matrix) -> None:
    stream = io.StringIO()
    write_json(compared, stream)
    result = json.loads(stream.getvalue())
    jsonschema.validate(result, schema())
    found = result["formats"]
    assert found["pipelines"] == 5
    assert [
        (one["format"], one["saved"], one["tried"], one["safe"], one["loaded"], one["runs_code"])
        for one in found["shares"]
    ] == [
        ("joblib", 10, 10, 9, 10, True),
        ("cloudpickle", 10, 10, 10, 10, True),
        ("skops", 8, 10, 8, 8, False),
    ]
    assert [(one["family"], one["pipelines"]) for one in found["families"]] == [("made_up", 5)]
    stream = io.StringIO()
    write_json(replace(compared, cells=()), stream)  # one format at most: no comparison
    assert json.loads(stream.getvalue())["formats"] is None


def with_verdicts(matrix: Matrix, changed: dict[tuple[str, str, str, str], Verdict]) -> Matrix:
    """The matrix with these verdicts in place of its own."""
    return replace(
        matrix,
        cells=tuple(
            replace(cell, verdict=changed.get(cell.key, cell.verdict)) for cell in matrix.cells
        ),
    )


def test_a_format_that_its_writer_cannot_load_counts_only_in_environments_that_can(
    compared: Matrix,
) -> None:
    """As a file that another library reads: the writer has no reader of its own."""
    there = {("b", "skops", writer, writer): Verdict.UNAVAILABLE for writer in ENDS}
    matrix = with_verdicts(compared, there)
    found = tally(summarize(matrix).grids, "skops", ["b"])
    assert (found.saved, found.tried, found.safe, found.loaded) == (2, 2, 2, 2)


def test_a_pipeline_that_cannot_be_trained_says_nothing_of_a_format(compared: Matrix) -> None:
    failing = replace(
        compared,
        cells=tuple(
            replace(cell, verdict=Verdict.NOT_SAVED, stage="fit")
            if (cell.pipeline, cell.writer) == ("c", "sklearn-1.3")
            else cell
            for cell in compared.cells
        ),
    )
    found = tally(summarize(failing).grids, "joblib", ["c"])
    assert (found.saved, found.tried, found.loaded) == (1, 1, 1)


def test_one_pipeline_is_listed_by_what_would_have_survived(compared: Matrix) -> None:
    def listed(matrix: Matrix, name: str) -> list[tuple[str, str, str, str]]:
        return [
            (one.format, one.saved_text, one.safe_text, one.first_break)
            for one in outcomes_in(matrix, name)
        ]

    assert listed(compared, "b") == [
        ("cloudpickle", "yes", "2 of 2", ""),
        ("skops", "yes", "2 of 2", ""),
        ("joblib", "yes", "1 of 2", "1.3 → 1.4 load-failed"),
    ]
    assert in_one_line(outcomes_in(compared, "b")) == (
        "Safe in every load of the run: cloudpickle, skops"
    )
    assert listed(compared, "joblib alone") == [
        ("joblib", "fails where saved", "not loaded", "1.3 → 1.3 crashed")
    ]
    assert listed(compared, "another") == []
    assert listed(compared, "a")[-1] == ("skops", "no", "not loaded", "")


def test_the_page_has_the_table_without_scripts_and_the_formats_of_one_pipeline(
    compared: Matrix,
) -> None:
    stream = io.StringIO()
    write_html(compared, stream)
    page = stream.getvalue()
    table = page[page.index('<table class="formats"') :]
    assert table.count('<svg class="share-bar') >= 6
    assert '<rect class="part" width="90.0" height="8"/>' in table  # joblib: 9 of 10 loads are safe
    packed = page.split('data-kind="head">')[1].split("</script>")[0]
    head = json.loads(zlib.decompress(base64.b64decode(packed)))
    assert list(head["waysToSave"]) == list(NAMES)
    assert head["waysToSave"]["b"]["answer"] == "Safe in every load of the run: cloudpickle, skops"
    assert head["waysToSave"]["b"]["rows"][-1] == [
        "joblib",
        "yes",
        "1 of 2",
        "",
        "1.3 → 1.4 load-failed",
    ]


def test_explain_lists_the_formats_of_the_pipeline(compared: Matrix) -> None:
    cell = next(one for one in compared.cells if one.key == ("b", "joblib", *ENDS))
    lines = evidence(cell, *compared.environments, None, outcomes_in(compared, "b"))
    at = lines.index("Which way to save would have survived")
    assert lines[at + 1 : at + 5] == [
        "  Safe in every load of the run: cloudpickle, skops",
        "    format              saved  safe loads  breaks first",
        "    cloudpickle, skops  yes    2 of 2",
        "    joblib              yes    1 of 2      1.3 → 1.4 load-failed",
    ]


def test_formats_that_come_equally_far_are_named_together() -> None:
    tally_of_all = FormatTally(tried=2, written=2, saved=2, loaded=2, safe=1, same=1, not_run=0)
    found = [
        FormatOutcome(format=name, outputs=6, tally=tally_of_all, first_break="1.3 → 1.4 crashed")
        for name in ("joblib", "pickle-4", "dill", "skops")
    ]
    assert in_one_line(found) == (
        "No format is safe in every load of the run; those that come furthest are joblib, "
        "pickle-4 and 2 more: 1 of 2 loads are safe"
    )
    assert "come furthest are joblib and pickle-4:" in in_one_line(found[:2])
    assert "the one that comes furthest is joblib:" in in_one_line(found[:1])
    assert table_rows(found) == [
        ("joblib, pickle-4, dill, skops", "yes", "1 of 2", "6", "1.3 → 1.4 crashed")
    ]
    assert all(len(line) <= 80 for line in ways_to_save(found))


def test_a_format_with_two_methods_never_survives_without_their_number(compared: Matrix) -> None:
    cells = [
        replace(cell, format="onnx", n_identical=2) if cell.format == "skops" else cell
        for cell in compared.cells
        if cell.format != "cloudpickle"
    ]
    found = outcomes_in(replace(compared, cells=cells), "b")
    assert in_one_line(found) == "Safe in every load of the run: onnx (2 outputs compared)"


def test_a_load_that_only_fails_to_print_the_model_is_the_same_and_not_safe(
    compared: Matrix,
) -> None:
    limited = with_verdicts(compared, {("b", "skops", *ENDS): Verdict.INTROSPECTION_FAILED})
    found = tally(summarize(limited).grids, "skops", ["b"])
    assert (found.loaded, found.safe, found.same) == (2, 1, 2)


def test_a_load_that_was_not_run_is_no_survival(compared: Matrix) -> None:
    lost = {
        ("b", name, "sklearn-1.3", "sklearn-1.4"): Verdict.NOT_RUN
        for name in ("cloudpickle", "skops")
    }
    found = outcomes_in(with_verdicts(compared, lost), "b")
    assert not any(one.survives for one in found)
    assert {one.safe_text for one in found} == {"1 of 1, 1 not run", "1 of 2"}
    assert in_one_line(found).startswith("No format is safe in every load of the run")


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
