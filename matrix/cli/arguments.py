"""What may be typed, and what it means."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from matrix import __version__
from matrix.errors import UsageError
from matrix.model import Group, Verdict
from matrix.report import FORMATS, Output


class Arguments(argparse.Namespace):
    """The parsed command line; which of these there are depends on the command."""

    command: str
    config: Path | None
    set: str
    state: Path | None
    select: list[str]
    pipelines: list[str]
    formats: list[str] | None
    jobs: int
    fresh: bool
    offline: bool
    output: list[Output]
    fail_on: frozenset[Verdict]
    all: bool
    pipeline: str
    writer: str
    reader: str
    format: str


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, advice=f"See `{self.prog} --help`.")


def parse(arguments: Sequence[str]) -> Arguments:
    """Read a command line.

    Raises:
        UsageError: something in it is not to be understood.
        SystemExit: help or the version was asked for, and shown.
    """
    parser = _Parser(
        prog="compat-matrix",
        description="Does a scikit-learn pipeline saved in one environment still load, and predict "
        "the same, in another?",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="save in each environment, load in all the others"))
    _add_report(commands.add_parser("report", help="show the results of the last run again"))
    _add_explain(commands.add_parser("explain", help="everything known of one cell"))
    return parser.parse_args(arguments, namespace=Arguments())


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_configuration(parser)
    parser.add_argument(
        "--set",
        default="default",
        metavar="NAME",
        help="the set of environments (default: %(default)s)",
    )
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="GLOB",
        help="only environments whose id matches, such as 'sklearn-1.*'; may be repeated",
    )
    parser.add_argument(
        "--pipelines",
        action="append",
        default=[],
        metavar="GLOB",
        help="only pipelines whose id matches; may be repeated",
    )
    parser.add_argument(
        "--formats",
        type=_names,
        default=None,
        metavar="LIST",
        help="only these formats, separated by commas, such as joblib,pickle-5",
    )
    parser.add_argument(
        "--jobs",
        type=_count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many environments may be at work at once (default: the cores, %(default)s)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="do everything again, whatever is kept"
    )
    parser.add_argument(
        "--offline", action="store_true", help="ask no registry: use what is cached"
    )
    _add_outputs(parser)
    parser.add_argument(
        "--fail-on",
        type=_verdicts,
        default=frozenset(),
        metavar="LIST",
        help="exit with 1 if a cell has one of these, separated by commas: verdicts "
        "(labels-changed, load-failed, ...) or groups (changes, fails, unknown); default: none",
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_configuration(parser)
    _add_outputs(parser)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pipeline", metavar="PIPELINE", help="its id, such as tree_classifier")
    parser.add_argument("writer", metavar="WRITER", help="an id or a short name, such as 1.3")
    parser.add_argument("reader", metavar="READER", help="an id or a short name, such as 1.9")
    parser.add_argument("--format", default="joblib", help="the format (default: %(default)s)")
    _add_configuration(parser)


def _add_configuration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        default=None,
        metavar="FILE",
        help="a pyproject.toml with [tool.matrix], or a TOML file of the same keys",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=None,
        metavar="DIR",
        help="where results are kept (default: `state` in the configuration)",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Output.parse,
        action="append",
        default=[],
        metavar="FORMAT:PATH",
        help=f"write a report to a file too ({', '.join(FORMATS)}); may be repeated",
    )
    parser.add_argument(
        "--all", action="store_true", help="show every line, however many there are"
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return number


_GROUPS = {"changes": Group.CHANGES, "fails": Group.FAILS, "unknown": Group.UNKNOWN}


def _verdicts(text: str) -> frozenset[Verdict]:
    found: set[Verdict] = set()
    for name in _names(text):
        if name in _GROUPS:
            found |= {verdict for verdict in Verdict if verdict.group is _GROUPS[name]}
            continue
        try:
            found.add(Verdict(name))
        except ValueError:
            known = ", ".join([*_GROUPS, *(verdict.value for verdict in Verdict)])
            raise argparse.ArgumentTypeError(f"no verdict {name!r}; there are: {known}") from None
    return frozenset(found)
