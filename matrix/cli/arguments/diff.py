"""The arguments of ``diff``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from matrix.cli.arguments.groups import OutputArguments, add_output


@dataclass(frozen=True, kw_only=True)
class DiffArguments(OutputArguments):
    """Two results to compare, and how the comparison is shown."""

    command = "diff"
    summary = "compare two results"
    examples = ("old.json new.json",)

    old: Path
    new: Path

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "old", type=Path, metavar="OLD", help="a result from --output json:FILE"
        )
        parser.add_argument("new", type=Path, metavar="NEW", help="a later result")
        add_output(parser)
