"""Runs: the last one counts, cells stay in their order, and damage shows in the digest."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from matrix.store import Store
from matrix.store.runs import RunKind, Runs


def cells(runs: Runs, run: int) -> list[object]:
    """The cells of a run with the parts that they share."""
    return [
        [own, *(shared[place] for place in places)]
        for shared, batch in runs.batches(run)
        for own, *places in batch
    ]


def test_the_last_run_is_the_last_that_came_to_its_end(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert store.runs.last() is None
        first = store.runs.begin()
        store.runs.end(first, '{"first": true}')
        store.runs.begin()  # cut off
    with Store(tmp_path) as store:
        assert store.runs.last() == (first, '{"first": true}')


def test_cells_come_back_in_the_order_of_the_report(tmp_path: Path) -> None:
    """Whatever order they came in, and however many they are."""
    count = 1234
    with Store(tmp_path) as store:
        run = store.runs.begin()
        for position in reversed(range(count)):
            store.runs.keep(run, [(position, [str(position), f'"{position % 3}"', "null"])])
        store.runs.pack(run)
        store.runs.end(run, "{}")
    with Store(tmp_path) as store:
        assert cells(store.runs, run) == [[i, str(i % 3), None] for i in range(count)]


def test_shared_parts_of_cells_are_stored_once_in_a_batch(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run = store.runs.begin()
        store.runs.keep(run, [(i, [str(i), '"a long traceback"']) for i in range(100)])
        store.runs.pack(run)
        [(shared, batch)] = store.runs.batches(run)
        assert shared == ["a long traceback"]
        assert len(batch) == 100


def test_a_cell_that_is_judged_again_replaces_the_first(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run = store.runs.begin()
        store.runs.keep(run, [(0, ["1"])])
        store.runs.keep(run, [(0, ["2"])])
        store.runs.pack(run)
        assert cells(store.runs, run) == [[2]]


def test_cells_of_a_run_that_was_cut_off_are_gone(tmp_path: Path) -> None:
    """They are not needed: the answers that they were judged from are stored."""
    with Store(tmp_path) as store:
        run = store.runs.begin()
        store.runs.keep(run, [(0, ["1"])])
    with Store(tmp_path) as store:
        store.runs.pack(run)
        assert cells(store.runs, run) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE batches SET body = (SELECT body FROM batches WHERE number = 1)",
        "DELETE FROM batches WHERE number = 1",
        "UPDATE batches SET number = -number",
    ],
)
def test_damage_shows_in_the_digest(tmp_path: Path, statement: str) -> None:
    """Batches that were altered, lost, or put in another order."""
    with Store(tmp_path) as store:
        run = store.runs.begin()
        store.runs.keep(run, [(position, [str(position)]) for position in range(1100)])
        whole = store.runs.pack(run)
        assert store.runs.digest(run) == whole
    with sqlite3.connect(tmp_path / "results.sqlite") as database:
        database.execute(statement)
    database.close()
    with Store(tmp_path) as store:
        assert store.runs.digest(run) != whole


def test_old_runs_make_room(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for number in range(8):
            run = store.runs.begin()
            store.runs.keep(run, [(0, [str(number)])])
            store.runs.pack(run)
            store.runs.end(run, "{}")
        assert cells(store.runs, run) == [[7]]
        assert cells(store.runs, run - 6) == []


def test_runs_that_were_cut_off_push_out_none_that_came_to_its_end(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        whole = store.runs.begin()
        store.runs.end(whole, '"whole"')
    for _ in range(9):
        with Store(tmp_path) as store:
            store.runs.begin()
    with Store(tmp_path) as store:
        assert store.runs.last() == (whole, '"whole"')


def test_a_run_whose_head_is_damaged_is_not_the_last(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for text in ('"first"', '"second"'):
            run = store.runs.begin()
            store.runs.end(run, text)
    with sqlite3.connect(tmp_path / "results.sqlite") as database:
        database.execute("UPDATE runs SET head = replace(head, 'second', 'other')")
    database.close()
    with Store(tmp_path) as store:
        assert store.runs.last() == (run - 1, '"first"')


def test_checks_of_models_neither_hide_nor_push_out_a_matrix(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        matrix = store.runs.begin()
        store.runs.end(matrix, '"matrix"')
        for number in range(8):
            store.runs.end(store.runs.begin(), f'"check {number}"', RunKind.CHECK)
        store.runs.begin()
        assert store.runs.last(RunKind.MATRIX) == (matrix, '"matrix"')
        last = store.runs.last()
        assert last is not None
        assert last[1] == '"check 7"'
        assert len(list(store.runs.complete(RunKind.CHECK))) == 4
