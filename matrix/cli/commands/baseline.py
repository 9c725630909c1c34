"""``baseline update``: record the last result as the baseline."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from matrix import baseline as baselines
from matrix.catalog import Catalog
from matrix.cli.arguments import BaselineArguments
from matrix.cli.configured import kept_results, read_settings
from matrix.engine import last_run
from matrix.errors import Exit
from matrix.model import Matrix
from matrix.report.files import replacing
from matrix.report.json import read_json
from matrix.report.sentences import counted

FILE = "compat-baseline.toml"


def baseline(arguments: BaselineArguments) -> Exit:
    """Write the baseline from a result, and keep the acceptances in it."""
    catalog = read_settings(arguments)
    path = arguments.baseline or catalog.root / FILE
    old = baselines.read(path) if path.exists() else None
    with _result(arguments, catalog) as matrix:
        known = baselines.updated(old, matrix, str(path), date.today())
    text = baselines.written(known)
    with replacing(path) as stream:
        stream.write(text)
    sys.stdout.write(
        f"{path}: known not to be safe: {counted(len(known.verdicts), 'cell')}; "
        f"kept: {counted(len(known.acceptances), 'acceptance')}\n"
    )
    return Exit.OK


@contextmanager
def _result(arguments: BaselineArguments, catalog: Catalog) -> Iterator[Matrix]:
    """The given result, or that of the last run."""
    if arguments.result is not None:
        yield read_json(arguments.result)
        return
    with kept_results(catalog) as store:
        yield last_run.last(store)
