"""The arguments of ``baseline``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from matrix.cli.arguments.groups import ConfigurationArguments, add_configuration


@dataclass(frozen=True, kw_only=True)
class BaselineArguments(ConfigurationArguments):
    """The baseline to write, and the result to take it from."""

    command = "baseline"
    summary = "record the last result as the baseline"
    examples = ("update",)

    action: str
    baseline: Path | None
    result: Path | None
    """A JSON result; None for the last run."""

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "action", choices=["update"], help="write the file, for review in a diff"
        )
        parser.add_argument(
            "--baseline",
            type=Path,
            default=None,
            metavar="FILE",
            help="the file (default: compat-baseline.toml beside the configuration)",
        )
        parser.add_argument(
            "--result",
            type=Path,
            default=None,
            metavar="FILE",
            help="record this result, a file from --output json:FILE (default: the last run)",
        )
        add_configuration(parser)
