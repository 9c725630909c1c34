"""The goals, from what a benchmark has measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from goals import Goal

Measured = Mapping[str, Any]
"""The parts of ``benchmark.json``; a part that was not measured is missing."""


def of(measured: Measured) -> Iterator[Goal]:
    """The goals of the parts that were measured."""
    for name, goals in _GOALS.items():
        if name in measured:
            yield from goals(measured)


def _runs(measured: Measured) -> Iterator[Goal]:
    yield Goal(
        what="default matrix, environments standing, nothing kept",
        measured=measured["ours"]["seconds"],
        unit="s",
        floor=measured["floor"]["seconds"],
        goal=1.15,
    )
    yield Goal(
        what="default matrix unchanged, compat-matrix run",
        measured=measured["unchanged"]["seconds"],
        unit="s",
        goal=1.0,
    )


def _folder(measured: Measured) -> Iterator[Goal]:
    found = measured["folder"]
    what = f"folder of {found['models']} models × {found['environments']} environments"
    yield Goal(
        what=f"{what}, without rows and evidence ({found['evidence']:.1f} CPU-s)",
        measured=found["first"] - found["evidence"],
        unit="CPU-s",
        floor=found["floor"],
        goal=2.0,
    )
    yield Goal(what=f"{what}, unchanged", measured=found["unchanged"], unit="CPU-s", goal=3.0)


def _one(measured: Measured) -> Iterator[Goal]:
    found = measured["one"]
    yield Goal(
        what="one model, origin and newest release, without rows and evidence "
        f"({found['evidence']:.1f} CPU-s)",
        measured=found["first"] - found["evidence"],
        unit="CPU-s",
        floor=found["floor"],
        goal=3.0,
    )


def _forest(measured: Measured) -> Iterator[Goal]:
    found = measured["forest"]
    for name, words in (("process", "largest process"), ("tree", "all processes")):
        yield Goal(
            what=f"a forest of {found['file']:,.0f} MiB, {words}",
            measured=found[name],
            unit="MiB",
            floor=found["loading"],
            goal=2.0,
        )


def _cells(measured: Measured) -> Iterator[Goal]:
    cells = measured["cells"]
    count = max(part["cells"] for part in cells.values())
    name, largest = max(cells.items(), key=lambda item: item[1]["peak_mib"])
    yield Goal(
        what=f"{count:,} cells, peak of {name}",
        measured=largest["peak_mib"],
        unit="MiB",
        goal=100.0,
    )
    name, slowest = max(cells.items(), key=lambda item: _slowing(item[1]))
    yield Goal(
        what=f"{count:,} cells, a cell of {name} (floor: with a quarter of them)",
        measured=1e6 / slowest["cells_a_second"],
        unit="µs",
        floor=1e6 / slowest["cells_a_second_quarter"],
        goal=1.2,
    )


def _slowing(part: Mapping[str, float]) -> float:
    return part["cells_a_second_quarter"] / part["cells_a_second"]


_GOALS = {"floor": _runs, "folder": _folder, "one": _one, "forest": _forest, "cells": _cells}
"""By a part of what was measured, its goals."""
