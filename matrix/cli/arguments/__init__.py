"""The command line becomes the arguments of one command: one dataclass per command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from matrix.cli.arguments.argument_parser import ArgumentParser
from matrix.cli.arguments.baseline import BaselineArguments
from matrix.cli.arguments.cache import CacheArguments
from matrix.cli.arguments.command_arguments import CommandArguments
from matrix.cli.arguments.completion import PrintCompletion, complete
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
from matrix.cli.arguments.versions import PrintVersions
from matrix.errors import Exit

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


_EXAMPLES = (
    "compat-matrix upgrade model.joblib            is it safe to bump, for this model?",
    "compat-matrix pr models/                      is it safe to merge this branch?",
    "compat-matrix migrate model.joblib --to 1.5   write a file that works there",
    "compat-matrix inspect model.joblib            what is in it, without loading it",
    "compat-matrix upgrade --help                  options and examples of a command",
)


def parse(arguments: Sequence[str]) -> CommandArguments:
    """Read a command line.

    Args:
        arguments: as typed, without the program's name.

    Returns:
        An instance of the class of its command.

    Raises:
        UsageError: the command line is not valid.
        SystemExit: the help or the versions were requested, and shown; or nothing was, and the help
            is shown with exit code 2.
    """
    main, commands = _parsers()
    complete(main)
    parsed, unknown = main.parse_known_args(arguments)
    if parsed.command is None:
        main.refuse(unknown)
        main.print_help(sys.stderr)
        raise SystemExit(int(Exit.USAGE))
    commands[parsed.command].refuse(unknown)
    chosen = next(one for one in COMMANDS if one.command == parsed.command)
    return chosen.of(parsed)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line: one subparser for each command."""
    return _parsers()[0]


def _parsers() -> tuple[ArgumentParser, dict[str, ArgumentParser]]:
    """The parser of the whole command line, and those of the commands by name."""
    main = ArgumentParser(
        prog="compat-matrix",
        description="Does a scikit-learn pipeline saved in one environment still load, and predict "
        "the same, in another?",
        examples=_EXAMPLES,
    )
    main.add_argument(
        "--version",
        action=PrintVersions,
        help="show the versions of this tool, nox, uv and Python, and exit",
    )
    main.add_argument("--print-completion", action=PrintCompletion)
    commands = main.add_subparsers(dest="command", metavar="COMMAND")
    found = {}
    for one in COMMANDS:
        found[one.command] = commands.add_parser(
            one.command,
            help=one.summary,
            description=f"{one.summary[:1].upper()}{one.summary[1:]}.",
            examples=[f"compat-matrix {one.command} {rest}".rstrip() for rest in one.examples],
        )
        one.add_to(found[one.command])
    return main, found


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
