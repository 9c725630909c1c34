"""The arguments of ``inspect``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from matrix.cli.arguments.command_arguments import CommandArguments


@dataclass(frozen=True, kw_only=True)
class InspectArguments(CommandArguments):
    """The file to inspect, and how it is shown."""

    command = "inspect"
    summary = "show what is in a saved model, without loading it"
    examples = (
        "model.joblib",
        "model.joblib --json",
    )

    model: Path
    json: bool
    all: bool
    """Show every parameter and every fitted attribute."""

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "model",
            type=Path,
            metavar="MODEL",
            help="a joblib or pickle file, or an archive or folder that is one model",
        )
        parser.add_argument("--json", action="store_true", help="print everything as JSON")
        parser.add_argument(
            "--all", action="store_true", help="show every parameter and every fitted attribute"
        )
