"""The arguments of ``explain``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from matrix.cli.arguments.groups import (
    ConfigurationArguments,
    WorkArguments,
    add_configuration,
    add_work,
)


@dataclass(frozen=True, kw_only=True)
class ExplainArguments(ConfigurationArguments, WorkArguments):
    """The cell to explain, and how far to look."""

    command = "explain"
    summary = "show everything that is known of one cell, or of a model with one release"
    examples = (
        "tree_classifier 1.3 1.9",
        "tree_classifier 1.3 1.9 --deep",
        "models/churn.joblib 1.9.1",
    )

    pipeline: str
    writer: str | None
    """The id of an environment, or its short name; so is ``reader``. None, as ``reader`` is then,
    to list how far each format carries the pipeline."""
    reader: str | None
    format: str
    deep: bool
    kept: bool

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "pipeline",
            metavar="PIPELINE",
            help="its id, such as tree_classifier; or a model of the last upgrade check",
        )
        parser.add_argument(
            "writer",
            nargs="?",
            metavar="WRITER",
            help="an id or a short name, such as 1.3; without WRITER and READER, list which way to "
            "save the pipeline would have survived; for a model, the release that loads it (1.9.1)",
        )
        parser.add_argument(
            "reader", nargs="?", metavar="READER", help="an id or a short name, such as 1.9"
        )
        parser.add_argument("--format", default="joblib", help="the format (default: %(default)s)")
        parser.add_argument(
            "--deep",
            action="store_true",
            help="also find the culprit package, its first bad release and remedies; this builds "
            "environments",
        )
        parser.add_argument(
            "--kept", action="store_true", help="show only what is known already; run nothing"
        )
        add_configuration(parser)
        add_work(parser)
