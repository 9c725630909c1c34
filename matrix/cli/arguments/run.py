"""The arguments of ``run``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from matrix.cli.arguments.groups import (
    BaselineFileArguments,
    FailOnArguments,
    OutputArguments,
    SelectionArguments,
    add_baseline_file,
    add_fail_on,
    add_output,
    add_selection,
)


@dataclass(frozen=True, kw_only=True)
class RunArguments(SelectionArguments, OutputArguments, BaselineFileArguments, FailOnArguments):
    """What is run, how it is shown, and when it fails."""

    command = "run"
    summary = "save in each environment, load in all the others"
    examples = (
        "",
        '--select "sklearn-1.[2-9]" --pipelines "*tree*"',
        "--set full --output report.html",
        "--baseline compat-baseline.toml",
    )

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        add_selection(parser)
        add_output(parser)
        add_baseline_file(parser)
        add_fail_on(parser)
