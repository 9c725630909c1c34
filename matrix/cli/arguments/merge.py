"""The arguments of ``merge``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from matrix.cli.arguments.groups import (
    BaselineFileArguments,
    FailOnArguments,
    OutputArguments,
    add_baseline_file,
    add_fail_on,
    add_output,
)


@dataclass(frozen=True, kw_only=True)
class MergeArguments(OutputArguments, BaselineFileArguments, FailOnArguments):
    """The shards to merge, how the result is shown, and when it fails."""

    command = "merge"
    summary = "merge the results of shards"
    examples = ("shard-1.json shard-2.json --output report.html",)

    shards: tuple[Path, ...]
    allow_missing: bool

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "shards",
            nargs="+",
            type=Path,
            metavar="SHARD",
            help="results of run --shard I/N --output json:FILE",
        )
        parser.add_argument(
            "--allow-missing",
            action="store_true",
            help="merge even if shards are missing: their cells are then not-run",
        )
        add_output(parser)
        add_baseline_file(parser)
        add_fail_on(parser)
