"""The arguments of ``migrate``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from matrix.cli.arguments import value_types
from matrix.cli.arguments.groups import add_configuration, add_work
from matrix.cli.arguments.model_groups import ModelArguments, add_environments, add_inputs


@dataclass(frozen=True, kw_only=True)
class MigrateArguments(ModelArguments):
    """The models to migrate, what to write, and how."""

    command = "migrate"
    summary = "convert models for another environment, verified before they are written"
    examples = (
        "model.joblib --to scikit-learn==1.5.2",
        "model.joblib --to requirements.txt --output new.joblib",
        "models/ --to scikit-learn==1.5.2 --dry-run",
    )

    migrated: Path | None
    """The file to write, or the folder of several; None for one beside the model or the folder."""
    force: bool
    copy_safe: bool
    """Also copy models of a folder that are safe as they are."""
    dry_run: bool
    """Only check, convert nothing and write nothing."""
    via: tuple[str, ...]
    """Releases of scikit-learn to save it again in; empty to search."""
    introspection: bool
    """Also migrate a model that predicts the same, and only cannot be printed."""
    script: Path | None
    """A file for the conversion as a script, or for training again; None to write none."""
    by_value: bool
    """Save the user's own code with the model."""
    other_class: bool
    """Another class may take the place of one of the model's."""
    methods: tuple[str, ...]
    """The only output methods to compare; empty for all."""
    minutes: int
    """How long the search for a conversion of one file starts something new."""

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "models",
            nargs="+",
            type=Path,
            metavar="MODEL",
            help="a saved model; several, or a folder of them, are written to a folder",
        )
        add_environments(parser)
        parser.add_argument(
            "--output",
            dest="migrated",
            type=Path,
            default=None,
            metavar="PATH",
            help="the file to write (default: beside MODEL, named after the target's "
            "scikit-learn); for several models the folder, which gets a manifest.json: with the "
            "same command again, unchanged models are not converted again",
        )
        parser.add_argument(
            "--force", action="store_true", help="overwrite a file that exists under that name"
        )
        parser.add_argument(
            "--copy-safe",
            action="store_true",
            help="of several models also copy those that are safe as they are",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="check the models and say which would be converted; write nothing",
        )
        parser.add_argument(
            "--via",
            type=value_types.release,
            action="append",
            default=[],
            metavar="RELEASE",
            help="save it again only in this release of scikit-learn, such as 1.2.2; may be "
            "repeated (default: search for a conversion that works)",
        )
        parser.add_argument(
            "--introspection",
            action="store_true",
            help="also convert a model that predicts the same in the target, and fails there only "
            "in repr or get_params",
        )
        parser.add_argument(
            "--by-value",
            action="store_true",
            help="save the code of --main and --path inside the new file (cloudpickle), which is "
            "then compared in the target without that code; only in a sandbox",
        )
        parser.add_argument(
            "--script",
            type=Path,
            default=None,
            metavar="FILE",
            help="also write the conversion of one model as a Python script that needs nothing of "
            "this tool; where there is none, a script that makes the untrained model",
        )
        parser.add_argument(
            "--allow-other-class",
            dest="other_class",
            action="store_true",
            help="also put another class in the place of one of the model's, where its methods "
            "give the same; with --methods where it lacks some",
        )
        parser.add_argument(
            "--methods",
            type=value_types.methods,
            default=(),
            metavar="METHOD,...",
            help="compare only these methods, such as predict,predict_proba: for a model of which "
            "nothing else is used (default: every method)",
        )
        parser.add_argument(
            "--minutes",
            type=value_types.count,
            default=1,
            metavar="N",
            help="search this long for a conversion of one file, beside those that are known for "
            "its cause (default: %(default)s)",
        )
        add_inputs(parser)
        add_configuration(parser)
        add_work(parser)
