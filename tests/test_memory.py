"""Memory stays as it is however many cells go through the store and the reports."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from made_up import so_many_cells

from matrix.engine.last_run import Cells
from matrix.model import Matrix
from matrix.report import FORMATS
from matrix.report.terminal import show
from matrix.store import Store
from matrix.store.cell_packing import pack

FEW, MANY = 5_500, 10_500
ALLOWED = 200_000
"""Bytes for 5,000 cells more, beyond the first blocks of the HTML report: a byte each, and what
each pipeline takes. Cells that are held take a thousand each."""


class Nowhere(io.StringIO):
    def write(self, text: str) -> int:
        return len(text)


def peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("write", [show, *FORMATS.values()], ids=["terminal", *FORMATS])
def test_a_report_holds_no_cells(write: Callable[..., object]) -> None:
    """Of any format there is."""

    def report(matrix: Matrix) -> Callable[[], object]:
        if write is show:
            return lambda: show(matrix, file=Nowhere(), width=100)
        return lambda: write(matrix, Nowhere())

    peak(report(so_many_cells(10)))  # what is imported or remembered once
    few, many = (peak(report(so_many_cells(count))) for count in (FEW, MANY))
    if many >= few + ALLOWED:  # what the other tests of this process left may be collected late
        many = peak(report(so_many_cells(MANY)))
    assert many < few + ALLOWED


def test_the_store_holds_no_cells(tmp_path: Path) -> None:
    """Neither while they are kept and packed, nor while they are read."""
    with Store(tmp_path) as store:

        def through(count: int) -> None:
            run = store.runs.begin()
            numbered = enumerate(so_many_cells(count).cells)
            while some := [(position, pack(cell)) for position, cell in islice(numbered, 500)]:
                store.runs.keep(run, some)
            store.runs.pack(run)
            assert sum(1 for _ in Cells(store, run)) == count

        through(10)
        few, many = (peak(lambda n=count: through(n)) for count in (FEW, MANY))
    assert many < few + ALLOWED
