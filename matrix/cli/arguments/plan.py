"""The arguments of ``plan``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from matrix.cli.arguments import value_types
from matrix.cli.arguments.groups import SelectionArguments, add_selection


@dataclass(frozen=True, kw_only=True)
class PlanArguments(SelectionArguments):
    """The run to plan, and how the plan is shown."""

    command = "plan"
    summary = "show what a run would do, and about how long it would take"
    examples = (
        "",
        "--set full --json",
    )

    json: bool
    groups: int | None
    """How many groups of environments the JSON has."""

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        add_selection(parser)
        parser.add_argument(
            "--json", action="store_true", help="print the plan as JSON, on one line"
        )
        parser.add_argument(
            "--groups",
            type=value_types.count,
            default=None,
            metavar="N",
            help="with --json, how many groups of environments to divide among machines "
            "(default: 4)",
        )
