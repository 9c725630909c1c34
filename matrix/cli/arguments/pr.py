"""The arguments of ``pr``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from matrix.cli.arguments.model_groups import add_sandbox
from matrix.cli.arguments.upgrade import UpgradeArguments, add_check


@dataclass(frozen=True, kw_only=True)
class PrArguments(UpgradeArguments):
    """What to compare with, and what a check of models takes."""

    command = "pr"
    summary = "check your models against what the current branch changes in the repository's locks"
    examples = (
        "models/",
        "models/ --base origin/main --output summary.md",
    )

    base: str | None
    """A revision of git; None looks for the main branch."""

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "models",
            nargs="*",
            type=Path,
            metavar="MODEL",
            help="saved models: files, or folders of them (default: `models` in [tool.matrix])",
        )
        parser.add_argument(
            "--base",
            default=None,
            metavar="REF",
            help="the branch that the current one goes to; locks are compared with the commit that "
            "both share (default: the base of the pull request, or the main branch)",
        )
        parser.set_defaults(origins=[], targets=[], as_of=None, rollback=False, all_releases=False)
        add_sandbox(parser)
        add_check(parser)
