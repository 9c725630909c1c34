"""``explain``: everything known of one cell."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from matrix import catalog as catalogs
from matrix.cli.arguments import Arguments
from matrix.cli.commands.run import with_state
from matrix.engine import kept
from matrix.errors import Exit, UsageError
from matrix.model import Cell, Environment, Matrix
from matrix.report import explanation
from matrix.store import Store


def explain(arguments: Arguments) -> Exit:
    """Show what is kept of a cell; nothing is run."""
    catalog = with_state(catalogs.read(arguments.config, with_pipelines=False), arguments.state)
    with Store(catalog.state) as store:
        matrix = kept.last(store)
        writer = _environment(matrix, arguments.writer)
        reader = _environment(matrix, arguments.reader)
        cell = _cell(matrix, arguments, writer, reader)
        file: Path | None = None
        if cell.artifact:
            file = store.artifact(cell.artifact, cell.format)
        lines = explanation.explain(cell, writer, reader, file)
    _write(lines)
    return Exit.OK


def _environment(matrix: Matrix, name: str) -> Environment:
    """The environment with this id or label."""
    for environment in matrix.environments:
        if name in (environment.id, environment.spec.label):
            return environment
    known = ", ".join(environment.spec.label for environment in matrix.environments)
    raise UsageError(f"the last run has no environment {name!r}", advice=f"It has: {known}.")


def _cell(matrix: Matrix, arguments: Arguments, writer: Environment, reader: Environment) -> Cell:
    wanted = (arguments.pipeline, arguments.format, writer.id, reader.id)
    for cell in matrix.cells:
        if (cell.pipeline, cell.format, cell.writer, cell.reader) == wanted:
            return cell
    raise UsageError(
        f"the last run has no {arguments.pipeline!r} in format {arguments.format!r}",
        advice=f"Its pipelines: {', '.join(one.id for one in matrix.pipelines)}.",
    )


def _write(lines: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
