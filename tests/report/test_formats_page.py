"""``docs/formats.md`` has the tables that ``tools/formats_table.py`` writes today."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from made_up import environment, made_up_matrix, pipeline

from matrix.model import Cell, Matrix, Verdict
from tools.formats_table import PAGE, SPACE, table_of_one, tables

NAMES = ("a", "b", "c", "d", "e")
ENDS = ("1.3", "1.4")


@pytest.fixture
def matrix() -> Matrix:
    """Five pipelines; joblib breaks one of them on the way up."""
    cells = [
        Cell(
            pipeline=name,
            format=format_name,
            writer=f"sklearn-{writer}",
            reader=f"sklearn-{reader}",
            verdict=Verdict.LOAD_FAILED
            if (name, format_name, writer, reader) == ("b", "joblib", *ENDS)
            else Verdict.IDENTICAL,
            n_identical=3,
        )
        for name in NAMES
        for format_name in ("joblib", "skops")
        for writer in ENDS
        for reader in ENDS
    ]
    return replace(
        made_up_matrix(names=["ridge"]),
        cells=tuple(cells),
        environments=tuple(environment(end, f"{end}.0") for end in ENDS),
        pipelines=tuple(pipeline(name, ("joblib", "skops")) for name in NAMES),
    )


def heads(text: str) -> list[list[str]]:
    """The first cells of each table, as far as every run has them."""
    found = re.findall(r"^\| ([^\n]*) \|\n\| -", text, flags=re.MULTILINE)
    return [[cell for cell in one.split(" | ") if not cell.startswith("`")] for one in found]


def test_the_page_has_the_tables_of_this_version(matrix: Matrix) -> None:
    found = SPACE.search(PAGE.read_text("utf-8"))
    assert found is not None
    page = found.group()
    assert heads(page) == heads(tables(matrix))
    measured = re.search(r"Measured on (\d+ \w+ \d+) with scikit-learn ", page)
    assert measured is not None
    assert datetime.strptime(measured.group(1), "%d %B %Y").year >= 2026
    for share in re.findall(r"(\d+) %", page):
        assert int(share) <= 100


def test_the_pipelines_for_which_the_format_decides_are_listed(matrix: Matrix) -> None:
    text = tables(matrix)
    assert "It decides for 1 of 5 pipelines." in text
    assert "| `b` | 2 of 2: `skops`; 1 of 2: `joblib` | never |" in text


def test_a_run_of_one_format_has_no_tables(matrix: Matrix) -> None:
    alone = replace(matrix, cells=[one for one in matrix.cells if one.format == "skops"])
    with pytest.raises(SystemExit, match="fewer than five pipelines"):
        tables(alone)


def test_a_run_of_one_format_has_a_table_of_its_own(matrix: Matrix) -> None:
    alone = replace(
        matrix,
        cells=[one for one in matrix.cells if one.format == "skops"],
        pipelines=tuple(pipeline(name, ("skops",)) for name in NAMES),
    )
    name, text = table_of_one(alone)
    assert name == "skops"
    assert "nox -s matrix -- --set skops" in text
    assert "| `skops` | 100 % | 100 % |" in text
    page = PAGE.read_text("utf-8")
    measured = page[page.index("<!-- pmml -->") : page.index("<!-- end of pmml -->")]
    assert "| `pmml` | " in measured
    assert heads(measured)[0] == heads(text)[0]
