"""The inputs of a stored cell are looked up, or the reason is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_up import small_matrix

from matrix.engine.inputs import cell_inputs
from matrix.errors import CannotTellError
from matrix.model import Artifact, Cell, Matrix
from matrix.store import Store, keys

SAVED = {
    "warnings": [],
    "seconds": 1.0,
    "rows": "1" * 64,
    "truth": None,
    "only": False,
    "estimators": [],
    "outputs": {"predict": {"digest": "2" * 64}},
    "artifacts": {"joblib": {"sha256": "3" * 64, "size": 5, "seconds": 0.1}},
}


def kept(store: Store) -> tuple[Matrix, Cell]:
    """A matrix with a cell whose writer's answer is in the store."""
    matrix = small_matrix()
    ready = {one.id: one.info for one in matrix.environments if one.info is not None}
    cell = next(one for one in matrix.cells if {one.writer, one.reader} <= ready.keys())
    pipeline = next(one for one in matrix.pipelines if one.id == cell.pipeline)
    key = keys.saving(pipeline, keys.environment(ready[cell.writer]))
    store.keep_answer(key, SAVED)
    return matrix, replace(cell, format="joblib")


def test_a_cell_has_its_file_and_what_its_writer_recorded(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        matrix, cell = kept(store)
        found = cell_inputs(store, matrix, (), cell)
    assert isinstance(found.artifact, Artifact)
    assert found.artifact.sha256 == "3" * 64
    assert (found.writer.id, found.reader.id) == (cell.writer, cell.reader)
    assert set(found.saving.outputs) == {"predict"}


def test_an_answer_of_older_code_is_not_used(tmp_path: Path) -> None:
    """The outputs of another version of the pipeline are not a reference for this one."""
    with Store(tmp_path) as store:
        matrix, cell = kept(store)
        changed = [replace(one, digest="changed since") for one in matrix.pipelines]
        with pytest.raises(CannotTellError, match="is not kept for the code as it is now"):
            cell_inputs(store, matrix, changed, cell)


def test_what_was_saved_in_fewer_formats_than_are_configured_is_found(tmp_path: Path) -> None:
    """``run --formats joblib``, and then ``explain`` without a selection."""
    with Store(tmp_path) as store:
        matrix, cell = kept(store)
        configured = [replace(one, formats=(*one.formats, "pickle-2")) for one in matrix.pipelines]
        found = cell_inputs(store, matrix, configured, cell)
    assert set(found.saving.outputs) == {"predict"}
