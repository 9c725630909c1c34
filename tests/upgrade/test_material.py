"""Answers depend on all that models are asked with."""

from __future__ import annotations

from pathlib import Path

from matrix.upgrade.checking import Material


def test_other_rows_other_truth_and_other_code_are_other_material(tmp_path: Path) -> None:
    data, code = tmp_path / "rows.csv", tmp_path / "ours.py"
    data.write_text("a,b\n1,2\n")
    code.write_text("x = 1\n")
    first = Material(data=data, paths=(tmp_path,)).digest
    assert Material(data=data, paths=(tmp_path,)).digest == first
    assert Material(data=data, target="b", paths=(tmp_path,)).digest != first
    code.write_text("x = 2\n")
    second = Material(data=data, paths=(tmp_path,)).digest
    data.write_text("a,b\n1,3\n")
    assert len({first, second, Material(data=data, paths=(tmp_path,)).digest}) == 3
