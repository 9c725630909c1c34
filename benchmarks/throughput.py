"""Made-up cells through the judge, the store and every report: how many a second, how much memory.

Each part is measured in a process of its own, with a quarter of the cells and with all of them, so
that memory which grows with them would show. The time that it takes to make the cells up is left
out. ``nox -s benchmark -- --only cells`` runs this alone.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import memory
from made_up import so_many_cells
from made_up_cases import Cases
from rich.console import Console
from rich.table import Table

from matrix.engine.last_run import Cells
from matrix.judge import judge
from matrix.model import Cell, Matrix, Tolerance
from matrix.report import FORMATS
from matrix.report.terminal import show
from matrix.store import Store
from matrix.store.cell_packing import pack

T = TypeVar("T")

CELLS = 100_000


class Nowhere(io.TextIOBase):
    """A text stream that discards its input."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)


class Clocked(Generic[T]):
    """Iterates over items, and records their number and the time to produce them."""

    def __init__(self, things: Iterable[T]) -> None:
        self._things = things
        self.seconds = 0.0
        self.count = 0

    def __iter__(self) -> Iterator[T]:
        things = iter(self._things)
        while True:
            started = time.perf_counter()
            thing = next(things, None)
            self.seconds += time.perf_counter() - started
            if thing is None:
                return
            self.count += 1
            yield thing


# --------------------------------------------------------------------------- parts


def timed(things: Iterable[T], use: Callable[[Clocked[T]], object]) -> dict[str, float]:
    """Items per second, and the peak memory of this process."""
    clocked = Clocked(things)
    started = time.perf_counter()
    use(clocked)
    seconds = time.perf_counter() - started - clocked.seconds
    return {"per_second": clocked.count / seconds, "peak_mib": memory.peak(os.getpid())}


def through_judge(count: int) -> dict[str, float]:
    """Judge observations; their contents are in memory."""
    cases, tolerance = Cases(), Tolerance()

    def use(found: Iterable[Any]) -> None:
        for case in found:
            judge(case, cases.contents.__getitem__, lambda _: tolerance)

    return timed(cases.first(count), use)


def into_store(count: int) -> dict[str, float]:
    """Store cells as a run does: in batches, packed at the end."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        return timed(so_many_cells(count).cells, lambda cells: keep(store, cells))


def out_of_store(count: int) -> dict[str, float]:
    """Read stored cells: check their digest, then read one by one."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        run = keep(store, so_many_cells(count).cells)
        started = time.perf_counter()
        store.runs.digest(run)
        read = sum(1 for _ in Cells(store, run))
        seconds = time.perf_counter() - started
        return {"per_second": read / seconds, "peak_mib": memory.peak(os.getpid())}


def keep(store: Store, cells: Iterable[Cell]) -> int:
    """Keep cells as a run does."""
    run = store.runs.begin()
    numbered = enumerate(cells)
    while some := [(position, pack(cell)) for position, cell in islice(numbered, 500)]:
        store.runs.keep(run, some)
    store.runs.pack(run)
    store.runs.end(run, "{}")
    return run


def reported(write: Callable[[Matrix, Any], object]) -> Callable[[int], dict[str, float]]:
    """Write a report of a matrix."""

    def part(count: int) -> dict[str, float]:
        matrix = so_many_cells(count)
        return timed(matrix.cells, lambda cells: write(replace(matrix, cells=cells), Nowhere()))

    return part


PARTS: dict[str, Callable[[int], dict[str, float]]] = {
    "judge": through_judge,
    "store, written": into_store,
    "store, read": out_of_store,
    "report terminal": reported(lambda matrix, stream: show(matrix, file=stream, width=100)),
    **{f"report {name}": reported(write) for name, write in FORMATS.items()},
}


# --------------------------------------------------------------------------- all of them


def measure(count: int = CELLS) -> dict[str, Any]:
    """Measure every part with a quarter and with all of the cells, each in its own process."""
    found: dict[str, Any] = {}
    for name in PARTS:
        few, many = _alone(name, count // 4), _alone(name, count)
        found[name] = {
            "cells": count,
            "cells_a_second": many["per_second"],
            "cells_a_second_quarter": few["per_second"],
            "peak_mib_quarter": few["peak_mib"],
            "peak_mib": many["peak_mib"],
        }
    return found


def _alone(name: str, count: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--part", name, "--cells", str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def show_table(found: dict[str, Any]) -> None:
    """The measurements as a table."""
    cells = max(part["cells"] for part in found.values())
    table = Table(title=f"{cells:,} made-up cells")
    for heading in ("", "cells a second", f"peak MiB, {cells // 4:,}", f"peak MiB, {cells:,}"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, part in found.items():
        table.add_row(
            name,
            f"{part['cells_a_second']:,.0f}",
            f"{part['peak_mib_quarter']:.1f}",
            f"{part['peak_mib']:.1f}",
        )
    Console(width=80).print(table)


def main() -> None:
    """Measure one part and print JSON, or all of them and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=CELLS)
    parser.add_argument("--part", choices=PARTS)
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps(PARTS[arguments.part](arguments.cells)))
    else:
        show_table(measure(arguments.cells))


if __name__ == "__main__":
    main()
