"""Groups of arguments of the commands that check a user's own models."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from matrix.cli.arguments import value_types
from matrix.cli.arguments.command_arguments import CommandArguments
from matrix.cli.arguments.groups import ConfigurationArguments, WorkArguments


@dataclass(frozen=True, kw_only=True)
class EnvironmentArguments(CommandArguments):
    """Which environments the models come from, and which they may go to."""

    origins: tuple[str, ...]
    """Requirements and files that describe the origin together; empty to read it from the files."""
    targets: tuple[str, ...]
    """Each describes one environment."""
    as_of: str | None
    """``release`` or a date; None for today."""
    sandbox: str
    """``auto``, ``require`` or ``off``."""


def add_environments(parser: argparse.ArgumentParser) -> None:
    """Add :class:`EnvironmentArguments`."""
    parser.add_argument(
        "--from",
        dest="origins",
        action="append",
        default=[],
        metavar="REQ|FILE",
        help="the environment that saved the models: requirements such as scikit-learn==1.2.2, "
        "separated by spaces or commas, requirements files or locks, also of a git revision "
        "(origin/main:uv.lock), or a known runtime (sagemaker:1.4-2); may be repeated (default: "
        "read from the files)",
    )
    parser.add_argument(
        "--to",
        dest="targets",
        action="append",
        default=[],
        metavar="REQ|FILE",
        help="an environment that may load the models, in the same form: "
        "'scikit-learn>=1.3,<1.5 numpy<2' or 'scikit-learn>=1.3,<1.5, numpy<2'; each --to is one "
        "environment (default: each line of scikit-learn up to the newest)",
    )
    parser.add_argument(
        "--as-of",
        default=None,
        metavar="DAY",
        help="resolve --to as of a date such as 2024-05-31, or 'release' (default: today)",
    )
    add_sandbox(parser)


def add_sandbox(parser: argparse.ArgumentParser) -> None:
    """Add the option of :class:`EnvironmentArguments` that describes no environment."""
    parser.add_argument(
        "--sandbox",
        choices=("auto", "require", "off"),
        default="auto",
        help="sandbox for the processes that load the models: the strongest one that works here, "
        "or only resource limits with a warning (auto); the same, but load nothing with only "
        "resource limits (require); none (off; default: %(default)s)",
    )


@dataclass(frozen=True, kw_only=True)
class InputArguments(CommandArguments):
    """What the models are checked with, and what they need and may look up."""

    data: Path | None
    target: str | None
    dtypes: value_types.ColumnTypes | None
    """By column of the data, its type; None to take all types from the models."""
    expected: Path | None
    hashes: Path | None
    further: tuple[str, ...]
    """Further requirements of every environment."""
    path: tuple[Path, ...]
    """Folders of the user's own code."""
    main: Path | None
    """The script or notebook that defines what the models look up in ``__main__``."""
    trust: tuple[str, ...]


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add :class:`InputArguments`."""
    _add_data(parser)
    parser.add_argument(
        "--hashes",
        type=Path,
        default=None,
        metavar="FILE",
        help="a file from sha256sum with the digests of the models; a model with another digest "
        "is reported as changed, and not loaded",
    )
    parser.add_argument(
        "--with",
        dest="further",
        action="append",
        default=[],
        metavar="REQ",
        help="a further package that the models need, in every environment; may be repeated",
    )
    parser.add_argument(
        "--path",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of your own code that the models need; may be repeated",
    )
    parser.add_argument(
        "--main",
        type=Path,
        default=None,
        metavar="FILE",
        help="the script or notebook that defines the classes and functions of its own that the "
        "models look up (__main__.NAME): only what they need of it runs, in the sandbox; no "
        "training, and nothing under if __name__ == '__main__'",
    )
    parser.add_argument(
        "--trust",
        type=value_types.trusted_name,
        action="append",
        default=[],
        metavar="NAME",
        help="one exact name that the models may look up, such as churn_lib.Ours, beside those of "
        "scikit-learn itself; may be repeated (a refusal names it)",
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=None,
        metavar="FILE",
        help="rows to compare outputs on: CSV, Parquet, npy, npz (also a sparse matrix of scipy), "
        "or a text file with one document per line (default: rows made from the fitted state of "
        "each model)",
    )
    parser.add_argument(
        "--target", default=None, metavar="NAME", help="the column of --data with the true answers"
    )
    parser.add_argument(
        "--dtypes",
        type=value_types.column_types,
        default=None,
        metavar="FILE|JSON",
        help="types of columns of --data that a model does not show, by name: text, number, int32 "
        "(or another number of numpy), boolean, date, category, or a list of the categories in "
        'their order; such as \'{"zip": "text"}\' or a file of that form',
    )
    parser.add_argument(
        "--expected",
        type=Path,
        default=None,
        metavar="FILE",
        help="outputs recorded in production for the rows of --data, to compare with",
    )


@dataclass(frozen=True, kw_only=True)
class ModelArguments(EnvironmentArguments, InputArguments, ConfigurationArguments, WorkArguments):
    """All that a check of saved models takes."""

    models: tuple[Path, ...]
    """Files, and folders of them."""
