"""A manifest lets the next run leave out what is unchanged, and overwrites nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from matrix.errors import UsageError
from matrix.migration.manifest import NAME, ManifestFile
from matrix.model import MigratedModel, MigrationOutcome

REQUEST = {"to": "scikit-learn==1.9.1"}
NEW = b"new"
CONVERTED = MigratedModel(
    source="old/a.joblib",
    sha256="0" * 64,
    outcome=MigrationOutcome.CONVERTED,
    file="a.joblib",
    file_sha256=hashlib.sha256(NEW).hexdigest(),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as a run leaves it."""
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "a.joblib").write_bytes(NEW)
    ManifestFile(folder=folder, request=REQUEST, methods=(), earlier={}).write(
        [CONVERTED], {"numpy": "2.5.3"}, complete=True
    )
    return folder


def opened(folder: Path, *, force: bool = False) -> ManifestFile:
    return ManifestFile.open(folder, REQUEST, (), force=force)


def test_an_unchanged_model_is_not_done_again(folder: Path) -> None:
    assert opened(folder).reusable("old/a.joblib", "0" * 64) == CONVERTED


def test_a_changed_original_or_a_changed_new_file_is_done_again(folder: Path) -> None:
    assert opened(folder).reusable("old/a.joblib", "1" * 64) is None
    assert opened(folder).reusable("old/b.joblib", "0" * 64) is None
    (folder / "a.joblib").write_bytes(b"other")
    assert opened(folder).reusable("old/a.joblib", "0" * 64) is None


def test_what_is_unknown_is_asked_again(tmp_path: Path) -> None:
    unknown = replace(CONVERTED, outcome=MigrationOutcome.UNKNOWN, file="", file_sha256="")
    place = ManifestFile(folder=tmp_path / "new", request=REQUEST, methods=(), earlier={})
    place.write([unknown], {}, complete=True)
    assert opened(tmp_path / "new").reusable("old/a.joblib", "0" * 64) is None


def test_only_what_an_earlier_run_wrote_is_replaced(folder: Path) -> None:
    assert opened(folder).may_write("a.joblib", "2" * 64)
    assert opened(folder).may_write("b.joblib", "2" * 64)
    (folder / "a.joblib").write_bytes(b"precious")
    killed = hashlib.sha256(b"precious").hexdigest()
    assert opened(folder).may_write("a.joblib", killed), "written, and not recorded"
    assert not opened(folder).may_write("a.joblib", "2" * 64)


def test_on_another_day_everything_is_checked_again_and_may_be_replaced(folder: Path) -> None:
    later = ManifestFile.open(folder, {**REQUEST, "day": "2027-01-01"}, (), force=False)
    assert later.reusable("old/a.joblib", "0" * 64) is None
    assert later.may_write("a.joblib", "2" * 64)
    longer = ManifestFile.open(folder, {**REQUEST, "search": "15 min"}, (), force=False)
    assert longer.reusable("old/a.joblib", "0" * 64) is None


def test_a_folder_of_another_request_or_of_something_else_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="another request"):
        ManifestFile.open(folder, {"to": "1.5"}, (), force=False)
    assert ManifestFile.open(folder, {"to": "1.5"}, (), force=True).earlier == {}
    (folder / NAME).unlink()
    with pytest.raises(UsageError, match="without a manifest"):
        opened(folder)


def test_a_damaged_manifest_counts_as_none(folder: Path) -> None:
    for text in ("{", json.dumps({"schema_version": 1}), "[]"):
        (folder / NAME).write_text(text)
        with pytest.raises(UsageError, match="without a manifest"):
            opened(folder)
