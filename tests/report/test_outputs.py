"""Where reports go: all of it in place, or nothing."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from made_up import small_matrix

from matrix.errors import Exit, StoreError, UsageError
from matrix.model import Cell
from matrix.report import FORMATS, ReportOutput, write_outputs
from matrix.report.json import read_json


def test_a_report_is_written_to_its_path(tmp_path: Path) -> None:
    """Folders that are missing are made; nothing else is left behind."""
    path = tmp_path / "deep" / "er" / "result.json"
    write_outputs(small_matrix(), [ReportOutput.parse(f"json:{path}")])
    assert list(read_json(path).cells) == list(small_matrix().cells)
    assert list(path.parent.iterdir()) == [path]


def test_a_path_may_have_colons(tmp_path: Path) -> None:
    """Only the first one parts the format from the path."""
    assert ReportOutput.parse("json:a:b.json") == ReportOutput("json", Path("a:b.json"))


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """So that it can be piped."""
    ReportOutput.parse("json:-").write(small_matrix())
    assert json.loads(capsys.readouterr().out)["schema_version"] == 2


@pytest.mark.parametrize("name", FORMATS)
def test_standard_output_is_utf_8_like_a_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe on Windows has another encoding, which lacks half of the symbols."""
    taken = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(taken, encoding="ascii"))
    ReportOutput.parse(f"{name}:-").write(small_matrix())
    sys.stdout.flush()
    assert taken.getvalue().decode("utf-8").strip()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("yaml:x", "'yaml' is not a format"),
        ("json", "the path is missing"),
        ("json:", "the path is missing"),
        ("", "'' is not a format"),
        ("json:/", "is a folder"),
    ],
)
def test_what_cannot_be_is_refused_before_the_run(text: str, problem: str) -> None:
    """Not after five minutes of it."""
    with pytest.raises(UsageError, match=problem) as caught:
        ReportOutput.parse(text)
    assert caught.value.advice
    assert caught.value.exit_code is Exit.USAGE


@dataclass(frozen=True)
class _Breaking:
    """Cells that end in an error after the first."""

    def __iter__(self) -> Iterator[Cell]:
        yield next(iter(small_matrix().cells))
        raise RuntimeError("the store went away")


def test_a_report_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    """Half a report never stands where a whole one did."""
    path = tmp_path / "result.json"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        ReportOutput("json", path).write(replace(small_matrix(), cells=_Breaking()))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_who_reads_the_old_report_reads_it_to_the_end(tmp_path: Path) -> None:
    """The new one takes its place, and is not written over it."""
    path = tmp_path / "result.json"
    path.write_text("old")
    with path.open() as reader:
        ReportOutput("json", path).write(small_matrix())
        assert reader.read() == "old"
    assert path.read_text() != "old"


def test_a_path_that_cannot_be_written_is_an_error_with_advice(tmp_path: Path) -> None:
    """The results are kept in the store: nothing is lost."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        ReportOutput("json", tmp_path / "file" / "result.json").write(small_matrix())
    assert "are kept" in caught.value.advice


@pytest.mark.parametrize("there", [True, False])
def test_a_link_out_of_its_folder_is_not_followed(tmp_path: Path, there: bool) -> None:
    """A folder of a stranger may have a link called like a report, to a file that is run."""
    (tmp_path / "folder").mkdir()
    if there:
        (tmp_path / "profile").write_text("before")
    link = tmp_path / "folder" / "result.json"
    link.symlink_to("../profile")
    with pytest.raises(StoreError, match="leads out of its folder"):
        ReportOutput("json", link).write(small_matrix())
    assert link.is_symlink()
    assert not there or (tmp_path / "profile").read_text() == "before"
    assert there or not (tmp_path / "profile").exists()


def test_a_link_stays_a_link_and_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """Renaming over them would take them away."""
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    ReportOutput("json", link).write(small_matrix())
    assert link.is_symlink()
    assert json.loads(target.read_text())["schema_version"] == 2
    ReportOutput("json", Path(os.devnull)).write(small_matrix())
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    """A private temporary file would make a report that nobody else can read."""
    other = tmp_path / "other"
    other.write_text("")
    path = tmp_path / "result.json"
    ReportOutput("json", path).write(small_matrix())
    assert path.stat().st_mode == other.stat().st_mode


def test_every_format_writes_something(tmp_path: Path) -> None:
    """Each of the registry keeps the promise of the interface."""
    for name in FORMATS:
        path = tmp_path / f"result.{name}"
        ReportOutput(name, path).write(small_matrix())
        assert path.stat().st_size
