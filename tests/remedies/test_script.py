"""A conversion as a script runs without this package, and does what was compared."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from matrix.model import Fix
from matrix.remedies import CandidateFile, ResaveStep, Subject
from matrix.remedies.script import script_of, short_lines

from .conftest import SAFE, artifact, cell, environment

pytest.importorskip("joblib")


def model() -> SimpleNamespace:
    trees = [SimpleNamespace(depth=number) for number in range(12)]
    return SimpleNamespace(steps=[("scale", SimpleNamespace()), ("trees", trees)])


def file(*fixes: Fix, steps: int = 1) -> CandidateFile:
    saved = replace(artifact("a"), format="pickle-4")
    step = ResaveStep(
        environment=environment("1.9.1"), cell=cell(SAFE), artifact=saved, fixes=fixes
    )
    return CandidateFile(artifact=saved, steps=(step,) * steps)


def run(ends: Subject, made: CandidateFile, folder: Path) -> SimpleNamespace:
    """The model that the script writes, in a process that has no path to this package."""
    old, new, own = folder / 'it\'s "old".pkl', folder / "new.pkl", folder / "convert.py"
    old.write_bytes(pickle.dumps(model()))
    subject = replace(ends, artifact=replace(ends.artifact, format="pickle-4"))
    own.write_text(script_of(subject, made, old, new, own))
    subprocess.run([sys.executable, "-I", own, "1", old, new], check=True, cwd=folder)
    found = pickle.loads(new.read_bytes())
    assert isinstance(found, SimpleNamespace)
    return found


def test_settings_are_lines(ends: Subject, tmp_path: Path) -> None:
    fixes = (Fix(path=("steps", 0, 1), name="clip", value=False), Fix(path=(), name="memory"))
    found = run(ends, file(*fixes), tmp_path)
    assert (found.steps[0][1].clip, found.memory) == (False, None)
    assert "model.steps[0][1].clip = False" in (tmp_path / "convert.py").read_text()


def test_many_settings_are_a_table(ends: Subject, tmp_path: Path) -> None:
    fixes = [Fix(path=("steps", 1, 1, n), name="cst", value="n\"'\n") for n in range(12)]
    found = run(ends, file(*fixes), tmp_path)
    assert [tree.cst for tree in found.steps[1][1]] == ["n\"'\n"] * 12
    lines = short_lines(ends, file(*fixes), Path("a.pkl"), Path("b.pkl"))
    assert "model.steps[1][1][0].cst" in " ".join(lines)
    assert any("in 12 objects, such as:" in line for line in lines)


def test_a_value_of_another_attribute_is_taken_as_it_was_saved(
    ends: Subject, tmp_path: Path
) -> None:
    fix = Fix(path=("steps", 1, 1, 5), name="max_depth", of="depth")
    assert run(ends, file(fix), tmp_path).steps[1][1][5].max_depth == 5


def test_each_step_has_a_line_with_its_packages(ends: Subject) -> None:
    old, new = Path("a b.pkl"), Path("c.pkl")
    text = script_of(ends, file(steps=2), old, new, Path("convert.py"))
    lines = [line for line in text.splitlines() if line.startswith("#   uv run")]
    assert len(lines) == 2
    assert "--with scikit-learn==1.9.1" in lines[0]
    assert lines[0].endswith("python convert.py 1 'a b.pkl' step-1.model")
    assert lines[1].endswith("python convert.py 2 step-1.model c.pkl")


def test_a_file_that_only_needs_other_names_is_loaded_with_stand_ins(ends: Subject) -> None:
    """Nothing in the model is converted, and yet a plain load fails."""
    renamed = file()
    step = replace(renamed.steps[0], stand_ins=True)
    text = script_of(ends, replace(renamed, steps=(step,)), Path("a"), Path("b"), Path("c.py"))
    assert "with while_loading(NAMES):" in text
    assert "def while_loading(" in text
