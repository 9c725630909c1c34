"""The last run is shown unchanged, or not at all."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import small_matrix

from matrix.engine import last_run
from matrix.errors import CannotTellError
from matrix.model import Explanation, ExplanationPoint, Matrix, codec
from matrix.store import Store, keys
from matrix.store.cell_packing import pack


def keep(store: Store, matrix: Matrix) -> None:
    run = store.runs.begin()
    store.runs.keep(run, ((i, pack(cell)) for i, cell in enumerate(matrix.cells)))
    head = codec.head_to_json(matrix) | {"cells_digest": store.runs.pack(run)}
    store.runs.end(run, codec.encode(head))


def test_the_last_matrix_is_there_again(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        keep(store, small_matrix())
    with Store(tmp_path) as store:
        again = last_run.last(store)
        assert list(again.cells) == list(small_matrix().cells)
        assert again.environments == small_matrix().environments


def test_without_a_run_there_is_no_last_run(tmp_path: Path) -> None:
    with Store(tmp_path) as store, pytest.raises(CannotTellError, match="no results"):
        last_run.last(store)


def test_a_damaged_run_is_not_shown(tmp_path: Path) -> None:
    """A table with fewer cells would look like a good one."""
    with Store(tmp_path) as store:
        keep(store, small_matrix())
    with sqlite3.connect(tmp_path / "results.sqlite") as database:
        database.execute("DELETE FROM batches")
    database.close()
    with Store(tmp_path) as store, pytest.raises(CannotTellError, match="damaged"):
        last_run.last(store)


def test_a_story_is_kept_with_the_run_and_replaces_the_one_before(tmp_path: Path) -> None:
    story = Explanation(
        pipeline="p",
        format="joblib",
        writer="a",
        reader="b",
        answer="it changes",
        points=(ExplanationPoint(heading="Why", lines=("for this", "and that")),),
    )
    with Store(tmp_path) as store:
        keep(store, small_matrix())
        last_run.keep_explanation(store, replace(story, answer="as it was told first"))
        last_run.keep_explanation(store, replace(story, reader="c"))
        last_run.keep_explanation(store, story)
        assert last_run.last(store).stories == (replace(story, reader="c"), story)
        assert list(last_run.last(store).cells) == list(small_matrix().cells)


def test_another_file_of_causes_is_another_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cause that is written down gives cells of the next run another cause: none is kept."""
    found = set()
    for text in ("", "[[cause]]"):
        (tmp_path / "causes.toml").write_text(text)
        monkeypatch.setattr(keys, "CAUSES", tmp_path)
        keys.causes.cache_clear()
        found.add(keys.causes())
    keys.causes.cache_clear()
    assert len(found) == 2
