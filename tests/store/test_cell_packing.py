"""Packed cells are restored unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from matrix.model import Cell, Failure, Verdict
from matrix.store.cell_packing import pack, unpack
from tests.strategies import CELLS

CELL = Cell(pipeline="p", format="joblib", writer="w", reader="r", verdict=Verdict.IDENTICAL)


def batch(cells: list[Cell]) -> tuple[list[Any], list[list[Any]]]:
    """As in the store, but without shared parts."""
    shared: list[Any] = []
    packed: list[list[Any]] = []
    for cell in cells:
        own, *others = (json.loads(text) for text in pack(cell))
        packed.append([own, *range(len(shared), len(shared) + len(others))])
        shared += others
    return shared, packed


@given(st.lists(CELLS, max_size=3))
def test_cells_come_back_the_same(cells: list[Cell]) -> None:
    back = list(unpack(*batch(cells), cached=False))
    assert repr(back) == repr(cells)  # NaN is not equal to itself


@given(CELLS)
def test_no_text_has_a_line_break(cell: Cell) -> None:
    """The store keeps them as lines."""
    assert all(text.isprintable() for text in pack(cell))


def test_common_values_are_left_out() -> None:
    own, *shared = pack(CELL)
    assert set(json.loads(own)) == {"pipeline", "writer", "reader"}
    assert shared == ["null"]


def test_cells_that_share_a_part_share_the_object() -> None:
    """A traceback is decoded once a batch, however many cells raised it."""
    failed = replace(CELL, exception=Failure(type="E", message="m", traceback="t" * 1000))
    own, exception = (json.loads(text) for text in pack(failed))
    one, other = unpack([exception], [[own, 0], [own, 0]], cached=False)
    assert one == other == failed
    assert one.exception is other.exception


def test_all_cells_of_an_earlier_run_are_cached() -> None:
    [cell] = unpack(*batch([CELL]), cached=True)
    assert cell == replace(CELL, cached=True)
