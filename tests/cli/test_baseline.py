"""``baseline update``, ``--baseline`` and ``diff`` on results that are there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import small_matrix

from matrix.cli import main
from matrix.model import Detection, Matrix, Verdict
from matrix.report.json import read_json, write_json

Write = Callable[[str, Matrix], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def written(name: str, matrix: Matrix) -> Path:
        with Path(name).open("w", encoding="utf-8") as stream:
            write_json(matrix, stream)
        return Path(name)

    return written


def worse() -> Matrix:
    """The small matrix, where one safe cell fails now."""
    matrix = small_matrix()
    cells = list(matrix.cells)
    at = next(i for i, cell in enumerate(cells) if cell.pipeline == "ridge" and cell.verdict.safe)
    cells[at] = replace(cells[at], verdict=Verdict.LOAD_FAILED)
    found = dict.fromkeys(matrix.self_check, Detection.DETECTED)
    return replace(matrix, cells=cells, self_check=found)


def test_two_equal_results_differ_in_nothing(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("old.json", small_matrix())
    assert main(["diff", "old.json", "old.json"]) == 0
    assert "0 new, 0 worse, 0 fixed, 65 still, 0 gone" in capsys.readouterr().out


def test_a_difference_is_shown_and_written(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("old.json", small_matrix())
    write("new.json", worse())
    assert main(["diff", "old.json", "new.json", "--output", "json:diff.json"]) == 1
    out = capsys.readouterr().out
    assert "1 new, 0 worse" in out
    assert "ridge joblib: unknown → load-failed" in out
    document = json.loads(Path("diff.json").read_text("utf-8"))
    assert list(document["comparison"]["counts"].items()) == [
        *(("new", 1), ("worse", 0), ("fixed", 0), ("still", 65), ("gone", 0))
    ]
    assert read_json(Path("diff.json")).comparison is not None


def test_what_was_fixed_fails_nobody(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("old.json", worse())
    write("new.json", small_matrix())
    assert main(["diff", "old.json", "new.json"]) == 0
    assert "1 fixed" in capsys.readouterr().out


def test_an_update_takes_a_result_for_known(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("new.json", worse())
    assert main(["baseline", "update", "--result", "new.json"]) == 0
    assert "known not to be safe: 66 cells; kept: " in capsys.readouterr().out
    first = Path("compat-baseline.toml").read_bytes()
    assert main(["baseline", "update", "--result", "new.json"]) == 0
    assert Path("compat-baseline.toml").read_bytes() == first


def test_a_baseline_of_another_schema_is_a_clear_error(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("new.json", worse())
    Path("compat-baseline.toml").write_text("schema = 7\n")
    assert main(["baseline", "update", "--result", "new.json"]) == 2
    assert "schema: 7 cannot be read here" in capsys.readouterr().err
    assert Path("compat-baseline.toml").read_text() == "schema = 7\n"


def test_no_results_yet_is_a_clear_error(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "update"]) == 3
    assert "there are no results" in capsys.readouterr().err
