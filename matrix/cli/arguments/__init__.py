"""The command line becomes the arguments of one command: one dataclass per command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from matrix import __version__
from matrix.cli.arguments.baseline import BaselineArguments
from matrix.cli.arguments.cache import CacheArguments
from matrix.cli.arguments.command_arguments import CommandArguments
from matrix.cli.arguments.diff import DiffArguments
from matrix.cli.arguments.explain import ExplainArguments
from matrix.cli.arguments.inspect import InspectArguments
from matrix.cli.arguments.merge import MergeArguments
from matrix.cli.arguments.migrate import MigrateArguments
from matrix.cli.arguments.plan import PlanArguments
from matrix.cli.arguments.pr import PrArguments
from matrix.cli.arguments.report import ReportArguments
from matrix.cli.arguments.run import RunArguments
from matrix.cli.arguments.upgrade import UpgradeArguments
from matrix.errors import UsageError

COMMANDS: tuple[type[CommandArguments], ...] = (
    RunArguments,
    UpgradeArguments,
    PrArguments,
    MigrateArguments,
    PlanArguments,
    MergeArguments,
    ReportArguments,
    BaselineArguments,
    DiffArguments,
    ExplainArguments,
    InspectArguments,
    CacheArguments,
)
"""The arguments of every command, in the order of ``--help``."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, advice=f"See `{self.prog} --help`.")


def parse(arguments: Sequence[str]) -> CommandArguments:
    """Read a command line.

    Args:
        arguments: as typed, without the program's name.

    Returns:
        An instance of the class of its command.

    Raises:
        UsageError: the command line is not valid.
        SystemExit: the help or the version was requested, and shown.
    """
    parsed = parser().parse_args(arguments)
    chosen = next(one for one in COMMANDS if one.command == parsed.command)
    return chosen.of(parsed)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line: one subparser for each command."""
    parser = _Parser(
        prog="compat-matrix",
        description="Does a scikit-learn pipeline saved in one environment still load, and predict "
        "the same, in another?",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for one in COMMANDS:
        one.add_to(commands.add_parser(one.command, help=one.summary))
    return parser


__all__ = [
    "COMMANDS",
    "BaselineArguments",
    "CacheArguments",
    "CommandArguments",
    "DiffArguments",
    "ExplainArguments",
    "InspectArguments",
    "MergeArguments",
    "MigrateArguments",
    "PlanArguments",
    "PrArguments",
    "ReportArguments",
    "RunArguments",
    "UpgradeArguments",
    "parse",
    "parser",
]
