"""The arguments of ``report``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from matrix.cli.arguments.groups import (
    BaselineFileArguments,
    ConfigurationArguments,
    OutputArguments,
    add_baseline_file,
    add_configuration,
    add_output,
)


@dataclass(frozen=True, kw_only=True)
class ReportArguments(ConfigurationArguments, OutputArguments, BaselineFileArguments):
    """Where the last result is, and how it is shown."""

    command = "report"
    summary = "show the results of the last run or upgrade check again"
    examples = (
        "--all",
        "--output report.html --output summary.md",
    )

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        add_configuration(parser)
        add_output(parser)
        add_baseline_file(parser)
