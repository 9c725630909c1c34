"""A migrated file is written atomically, with its provenance, and overwrites no other file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from matrix.errors import UsageError
from matrix.model import Fix, OutputDifference, Verdict
from matrix.remedies import CandidateFile, Remedy, RemedyKind, ResaveStep, Subject
from matrix.remedies.provenance import beside, provenance, refuse_existing, write

from .conftest import SAFE, artifact, cell, environment

BYTES = b"migrated"
SHA256 = hashlib.sha256(BYTES).hexdigest()


def way() -> Remedy:
    saved = replace(artifact(SHA256), size=len(BYTES))
    fix = Fix(path=("steps", 1, 1), name="a", value=None)
    step = ResaveStep(
        environment=environment("1.2.2"), cell=cell(SAFE), artifact=saved, fixes=(fix,)
    )
    close = OutputDifference(verdict=Verdict.EQUIVALENT)
    end = cell(Verdict.EQUIVALENT, outputs={"predict": close})
    return Remedy(
        kind=RemedyKind.ROUTE,
        words="save again",
        cell=end,
        file=CandidateFile(artifact=saved, steps=(step,)),
    )


def document(ends: Subject) -> dict[str, object]:
    return provenance(
        ends, way(), {ends.pipeline.id: 120}, Path("models/m.joblib"), Path("new/m2.joblib")
    )


def test_the_provenance_names_files_environments_and_comparison(ends: Subject) -> None:
    said = json.loads(json.dumps(document(ends)))
    assert said["source"]["sha256"] == "original"
    assert said["source"]["name"] == "m.joblib"
    assert said["migrated"] == {
        "sha256": SHA256,
        "size": len(BYTES),
        "format": "joblib",
        "name": "m2.joblib",
    }
    (step,) = said["steps"]
    assert step["environment"]["packages"]["scikit-learn"] == "1.2.2"
    assert step["set"] == [{"path": ["steps", 1, 1], "name": "a", "value": None, "of": ""}]
    assert (said["from"]["id"], said["to"]["id"]) == ("sklearn-1.0.0", "sklearn-1.9.0")
    assert said["rows"] == {"sha256": "1" * 64, "n": 120}
    assert said["compared"] == {"predict": "equivalent", "repr": "identical"}
    assert "model.steps[1][1].a = None" in said["by_hand"]
    assert "model = joblib.load('m.joblib')" in said["by_hand"]
    assert "joblib.dump(model, 'm2.joblib')" in said["by_hand"]


def test_an_existing_file_is_overwritten_only_on_request(tmp_path: Path, ends: Subject) -> None:
    source, target = tmp_path / "stored", tmp_path / "m2.joblib"
    source.write_bytes(BYTES)
    target.write_bytes(b"precious")
    with pytest.raises(UsageError, match="exists already"):
        write(source, document(ends), target, force=False)
    assert target.read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m2.joblib", "stored"]
    write(source, document(ends), target, force=True)
    assert target.read_bytes() == BYTES
    assert json.loads(beside(target).read_text())["migrated"]["sha256"] == SHA256
    target.unlink()
    with pytest.raises(UsageError, match="json exists already"):
        refuse_existing(target, force=False)


def test_a_file_that_changed_after_the_comparison_is_not_written(
    tmp_path: Path, ends: Subject
) -> None:
    source, target = tmp_path / "stored", tmp_path / "m2.joblib"
    source.write_bytes(b"something else")
    with pytest.raises(OSError, match="has changed"):
        write(source, document(ends), target, force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["stored"]


def test_a_missing_folder_is_reported_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        refuse_existing(tmp_path / "nowhere" / "m.joblib", force=False)
