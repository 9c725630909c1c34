"""The table of goals says what was measured, and whether it is enough."""

from __future__ import annotations

import io

import all_goals
from goals import Goal, table
from rich.console import Console

RATIO = Goal(what="a folder", measured=30.0, unit="CPU-s", floor=10.0, goal=2.0)
ABSOLUTE = Goal(what="unchanged", measured=0.8, unit="s", goal=1.0)


def shown(*goals: Goal) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=120).print(table(goals))
    return [line for line in stream.getvalue().splitlines() if "│" in line]


def test_a_goal_with_a_floor_is_met_by_the_ratio_alone() -> None:
    assert (RATIO.ratio, RATIO.met) == (3.0, False)
    assert Goal(what="", measured=30.0, unit="s", floor=15.0, goal=2.0).met


def test_a_goal_without_a_floor_is_met_by_what_was_measured() -> None:
    assert (ABSOLUTE.ratio, ABSOLUTE.met) == (None, True)
    assert not Goal(what="", measured=1.01, unit="s", goal=1.0).met


def test_a_row_shows_what_was_measured_the_floor_the_ratio_the_goal_and_whether_it_is_met() -> None:
    first, second = shown(RATIO, ABSOLUTE)
    assert first.split("│")[1:-1] == [
        " a folder  ",
        " 30.00 CPU-s ",
        " 10.00 CPU-s ",
        "  3.00 ",
        " ≤ 2 × floor ",
        "  no ",
    ]
    assert [cell.strip() for cell in second.split("│")[1:-1]] == [
        "unchanged",
        "0.80 s",
        "",
        "",
        "≤ 1 s",
        "yes",
    ]


def test_the_goals_are_those_of_the_parts_that_were_measured() -> None:
    part = {"cells": 1000, "peak_mib": 50.0, "cells_a_second": 2e4, "cells_a_second_quarter": 2.2e4}
    folder = {"models": 30, "environments": 5, "first": 40.0, "evidence": 10.0}
    measured = {
        "folder": {**folder, "unchanged": 2.0, "floor": 15.0},
        "cells": {"judge": part, "store": {**part, "peak_mib": 120.0}},
    }
    found = list(all_goals.of(measured))
    assert [(one.ratio, one.met) for one in found[:2]] == [(2.0, True), (None, True)]
    assert [one.met for one in found[2:]] == [False, True]
    assert "store" in found[2].what
    assert [list(all_goals.of({}))] == [[]]
