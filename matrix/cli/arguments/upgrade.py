"""The arguments of ``upgrade``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from matrix.cli.arguments import value_types
from matrix.cli.arguments.groups import (
    BaselineFileArguments,
    FailOnArguments,
    OutputArguments,
    add_baseline_file,
    add_configuration,
    add_fail_on,
    add_output,
    add_work,
)
from matrix.cli.arguments.model_groups import ModelArguments, add_environments, add_inputs

_CheckOfModels = TypeVar("_CheckOfModels", bound="UpgradeArguments")
_FAIL_ON = "limited,changes,fails"
"""What makes a check fail unless the user names other verdicts."""


@dataclass(frozen=True, kw_only=True)
class UpgradeArguments(ModelArguments, OutputArguments, BaselineFileArguments, FailOnArguments):
    """The models to check, where, how far to look, and how the answer is shown."""

    command = "upgrade"
    summary = "check whether an upgrade is safe for your own models"
    examples: ClassVar[tuple[str, ...]] = (
        "model.joblib",
        "models/ --data rows.csv --target churned",
        "model.joblib --to scikit-learn==1.5.2",
        "models/ --from origin/main:uv.lock --to uv.lock",
        "model.joblib --output report.html",
    )

    rollback: bool
    all_releases: bool
    """Run every line, also between two in which the same is wrong."""
    why: bool
    bisect: bool
    score_margin: float | None
    """How far a score may move and count as the same; None for that of the configuration."""
    reproduce: Path | None
    """A folder for instructions that reproduce each bad answer by hand."""

    @classmethod
    def of(cls: type[_CheckOfModels], parsed: argparse.Namespace) -> _CheckOfModels:
        """The arguments that argparse has read; a baseline decides unless verdicts are named."""
        if parsed.fail_on is None:
            parsed.fail_on = value_types.verdicts("" if parsed.baseline is not None else _FAIL_ON)
        return super().of(parsed)

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "models",
            nargs="*",
            type=Path,
            metavar="MODEL",
            help="saved models: files, or folders of them; without any, the reference pipelines "
            "are checked",
        )
        add_environments(parser)
        parser.add_argument(
            "--rollback",
            action="store_true",
            help="also check the lines of scikit-learn older than the origin",
        )
        parser.add_argument(
            "--all-releases",
            action="store_true",
            help="run every line of scikit-learn; without it, lines between two in which a model "
            "changes or fails in the same way are left out, and the answer names them",
        )
        add_check(parser)


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add what every check of models takes, whatever names the environments."""
    _add_looking(parser)
    add_inputs(parser)
    _add_result(parser)
    add_configuration(parser)
    add_work(parser)
    add_baseline_file(parser)
    add_fail_on(parser, default=_FAIL_ON, decided_later=True)
    add_output(parser)


def _add_looking(parser: argparse.ArgumentParser) -> None:
    """Add how much is found out about a model that is not safe."""
    parser.add_argument(
        "--why",
        action="store_true",
        help="also look into each model that is not safe: where it begins to differ, and what it "
        "lacks",
    )
    parser.add_argument(
        "--no-bisect",
        dest="bisect",
        action="store_false",
        help="do not look for the first bad release between two lines",
    )


def _add_result(parser: argparse.ArgumentParser) -> None:
    """Add what changes how answers are shown."""
    parser.add_argument(
        "--score-margin",
        type=value_types.margin,
        default=None,
        metavar="X",
        help="with --target: a score (accuracy, recall, R², ...) that moves by no more counts "
        "as the same (default: 0.001, or score-margin of the configuration); it changes no "
        "verdict",
    )
    parser.add_argument(
        "--reproduce",
        type=Path,
        default=None,
        metavar="DIR",
        help="write a folder for each bad answer that reproduces it by hand",
    )
