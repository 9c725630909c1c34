"""Groups of arguments that several commands share: a dataclass, and what adds it to a parser."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from matrix.cli.arguments import value_types
from matrix.cli.arguments.command_arguments import CommandArguments
from matrix.model import Shard, Verdict
from matrix.report import ENDINGS, FORMATS, ReportOutput


@dataclass(frozen=True, kw_only=True)
class ConfigurationArguments(CommandArguments):
    """Which configuration applies, and where results and environments are kept."""

    config: Path | None
    isolated: bool
    """Use nothing of the current folder that no option names."""
    state: Path | None
    envs: Path | None


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Add :class:`ConfigurationArguments`."""
    parser.add_argument(
        "--config",
        type=Path,
        default=None,
        metavar="FILE",
        help="a pyproject.toml with [tool.matrix], or a TOML file with the same keys",
    )
    parser.add_argument(
        "--isolated",
        action="store_true",
        help="use nothing of the current folder unless an option names it: no pyproject.toml, no "
        "pipelines, no results; new results go to a temporary folder",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=None,
        metavar="DIR",
        help="the folder of the results (default: `state` in the configuration)",
    )
    parser.add_argument(
        "--envs",
        type=Path,
        default=None,
        metavar="DIR",
        help="the folder of the environments, shared by all projects (default: COMPAT_MATRIX_ENVS, "
        "`envs` in the configuration, or the user's cache)",
    )


@dataclass(frozen=True, kw_only=True)
class WorkArguments(CommandArguments):
    """How work is done."""

    jobs: int
    """How many environments may work at once."""
    fresh: bool
    """Do everything again, even if its result is kept."""
    offline: bool
    """Use no registry."""
    verbosity: int
    """How much is shown of the progress: -1 nothing, 1 each piece of work, 0 is in between."""


def add_work(parser: argparse.ArgumentParser) -> None:
    """Add :class:`WorkArguments`."""
    parser.add_argument(
        "--jobs",
        type=value_types.count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many environments may work at once (default: the number of cores)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="do everything again, even if its result is kept"
    )
    parser.add_argument(
        "--offline", action="store_true", help="use no registry, only packages in the cache"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        *("-q", "--quiet"),
        dest="verbosity",
        action="store_const",
        const=-1,
        help="show no progress, only the result and errors",
    )
    shown.add_argument(
        *("-v", "--verbose"),
        dest="verbosity",
        action="store_const",
        const=1,
        help="show a line for each environment and each file",
    )
    parser.set_defaults(verbosity=0)


@dataclass(frozen=True, kw_only=True)
class SelectionArguments(ConfigurationArguments, WorkArguments):
    """Which part of the matrix is run, and how."""

    set: str
    """The name of a set of environments."""
    select: tuple[str, ...]
    """Glob patterns of environments; empty for all."""
    pipelines: tuple[str, ...]
    """Glob patterns of pipelines; empty for all."""
    formats: tuple[str, ...] | None
    """None for all that the pipelines name."""
    shard: Shard | None
    artifacts: Path | None
    """The folder in which shards exchange what they have saved; None if each saves everything."""


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add :class:`SelectionArguments`."""
    add_configuration(parser)
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
        type=value_types.names,
        default=None,
        metavar="LIST",
        help="only these formats, separated by commas, such as joblib,pickle-5",
    )
    parser.add_argument(
        "--shard",
        type=value_types.shard,
        default=None,
        metavar="I/N",
        help="only the I-th of N parts, for one of N machines: all environments save, every N-th "
        "loads; merge puts the results together",
    )
    parser.add_argument(
        "--artifacts",
        type=Path,
        default=None,
        metavar="DIR",
        help="the folder in which shards exchange what they have saved, so that each saves only "
        "its part: first all of them run with --save-only, then without; models in it are loaded "
        "without a sandbox",
    )
    add_work(parser)


@dataclass(frozen=True, kw_only=True)
class OutputArguments(CommandArguments):
    """What is shown, and which reports are written."""

    output: tuple[ReportOutput, ...]
    all: bool
    """Show every line."""


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add :class:`OutputArguments`."""
    parser.add_argument(
        "--output",
        type=ReportOutput.parse,
        action="append",
        default=[],
        metavar="[FORMAT:]PATH",
        help=f"also write a report to a file, in the format of its ending ({' '.join(ENDINGS)}) or "
        f"in the one that is named ({', '.join(FORMATS)}); may be repeated",
    )
    parser.add_argument(
        "--all", action="store_true", help="show every line, however many there are"
    )


@dataclass(frozen=True, kw_only=True)
class BaselineFileArguments(CommandArguments):
    """The baseline to compare results with."""

    baseline: Path | None


def add_baseline_file(parser: argparse.ArgumentParser) -> None:
    """Add :class:`BaselineFileArguments`."""
    parser.add_argument(
        "--baseline",
        type=Path,
        default=None,
        metavar="FILE",
        help="compare with known and accepted results: exit with 1 only if something is new or "
        "worse",
    )


@dataclass(frozen=True, kw_only=True)
class FailOnArguments(CommandArguments):
    """Which verdicts make the command fail."""

    fail_on: frozenset[Verdict]


def add_fail_on(
    parser: argparse.ArgumentParser, default: str = "", *, decided_later: bool = False
) -> None:
    """Add :class:`FailOnArguments`.

    Args:
        parser: of the command.
        default: the verdicts and groups that make it fail unless the user names others.
        decided_later: whether the command puts the default in place of None itself.
    """
    parser.add_argument(
        "--fail-on",
        type=value_types.verdicts,
        default=None if decided_later else value_types.verdicts(default),
        metavar="LIST",
        help="exit with 1 if a cell has one of these, separated by commas: verdicts "
        "(labels-changed, load-failed, ...) or groups (limited, changes, fails, unknown); "
        f"default: {default or 'none'}{', or none with --baseline' if decided_later else ''}",
    )
