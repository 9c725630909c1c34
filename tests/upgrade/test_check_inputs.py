"""Answers depend on all that models are asked with."""

from __future__ import annotations

from pathlib import Path

from matrix.upgrade.checker import CheckInputs


def test_other_rows_other_truth_and_other_code_are_other_material(tmp_path: Path) -> None:
    data, code = tmp_path / "rows.csv", tmp_path / "ours.py"
    data.write_text("a,b\n1,2\n")
    code.write_text("x = 1\n")
    first = CheckInputs(data=data, paths=(tmp_path,)).digest
    assert CheckInputs(data=data, paths=(tmp_path,)).digest == first
    assert CheckInputs(data=data, target="b", paths=(tmp_path,)).digest != first
    code.write_text("x = 2\n")
    second = CheckInputs(data=data, paths=(tmp_path,)).digest
    data.write_text("a,b\n1,3\n")
    assert len({first, second, CheckInputs(data=data, paths=(tmp_path,)).digest}) == 3
