"""The arguments of ``run``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from matrix.cli.arguments import value_types
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
        "--shard 3/8 --artifacts saved --save-only",
        "--executor dask:tcp://scheduler:8786",
    )

    save_only: bool
    """Save the part of a shard, and load nothing."""
    executor: str | None
    """The address of a Dask scheduler, or ``local``; None for processes of this machine."""

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        add_selection(parser)
        parser.add_argument(
            "--save-only",
            action="store_true",
            help="with --shard and --artifacts: save the part of this shard in DIR, for all shards "
            "to load, and load nothing",
        )
        parser.add_argument(
            "--executor",
            type=value_types.dask_address,
            default=None,
            metavar="dask:ADDRESS",
            help="run on the workers of a Dask scheduler, such as dask:tcp://scheduler:8786 or "
            "dask:tls://scheduler:8786; dask:local starts workers on this machine, to try it; who "
            "can reach a scheduler can run code here (default: processes of this machine)",
        )
        add_output(parser)
        add_baseline_file(parser)
        add_fail_on(parser)
