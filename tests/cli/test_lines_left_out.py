"""Lines are left out only where what is wrong on both sides of them fails the check."""

from __future__ import annotations

from typing import cast

import pytest

from matrix.baseline.baseline import Baseline
from matrix.cli.arguments import UpgradeArguments, parse
from matrix.cli.commands.upgrade import needed_lines
from matrix.upgrade.lines_between import always, never


def arguments(*more: str) -> UpgradeArguments:
    return cast(UpgradeArguments, parse(["upgrade", "model.joblib", *more]))


@pytest.mark.parametrize(
    "more", [(), ("--fail-on", "changes,fails"), ("--fail-on", "limited,changes,fails")]
)
def test_a_check_that_fails_on_what_is_wrong_leaves_lines_out(more: tuple[str, ...]) -> None:
    assert needed_lines(arguments(*more), None) is never


@pytest.mark.parametrize(
    "more", [("--all-releases",), ("--fail-on", "fails"), ("--fail-on", "changes")]
)
def test_a_check_that_lets_something_wrong_pass_runs_every_line(more: tuple[str, ...]) -> None:
    assert needed_lines(arguments(*more), None) is always


def test_with_a_baseline_the_baseline_decides() -> None:
    known = Baseline(source="b.toml", verdicts={})
    assert needed_lines(arguments("--baseline", "b.toml"), known) not in (always, never)
    assert needed_lines(arguments("--baseline", "b.toml", "--all-releases"), known) is always
