"""The arguments of ``cache``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import timedelta

from matrix.cli.arguments import value_types
from matrix.cli.arguments.groups import ConfigurationArguments, add_configuration


@dataclass(frozen=True, kw_only=True)
class CacheArguments(ConfigurationArguments):
    """Whether the environment store is shown or pruned, and how far."""

    command = "cache"
    summary = "show the environments on this machine, or remove some"
    examples = (
        "",
        "prune --older-than 30d",
        "prune --max-size 5GB",
    )

    action: str
    """``show`` or ``prune``."""
    older_than: timedelta | None
    max_size: int | None
    """In bytes."""

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "action",
            nargs="?",
            choices=["show", "prune"],
            default="show",
            help="show what there is (the default), or remove environments that no process uses",
        )
        parser.add_argument(
            "--older-than",
            type=value_types.age,
            default=None,
            metavar="AGE",
            help="with prune: remove what was last used longer ago, such as 30d, 12h or 2w",
        )
        parser.add_argument(
            "--max-size",
            type=value_types.size,
            default=None,
            metavar="SIZE",
            help="with prune: remove the least recently used until the rest is no larger, "
            "such as 5GB or 800MB",
        )
        add_configuration(parser)
