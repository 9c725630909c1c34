"""``report``: show the results of the last run, or of the last check of models, again."""

from __future__ import annotations

from matrix.cli.arguments import ReportArguments
from matrix.cli.commands.run import compared, exit_code, read_known
from matrix.cli.commands.upgrade import compared_code
from matrix.cli.configured import kept_results, read_settings
from matrix.engine import last_run
from matrix.errors import Exit, worst
from matrix.model import Matrix
from matrix.report import numbered, write_outputs
from matrix.report.terminal import show


def report(arguments: ReportArguments) -> Exit:
    """Show the stored result; nothing is run."""
    catalog = read_settings(arguments)
    known = read_known(arguments.baseline)
    with kept_results(catalog) as store:
        found = [compared(matrix, known) for matrix in last_run.last_checks(store)]
        for number, matrix in enumerate(found):
            show(matrix, everything=arguments.all)
            write_outputs(matrix, numbered(arguments.output, number))
        if known is None:
            return Exit.OK
        return worst(map(_code, found))


def _code(matrix: Matrix) -> Exit:
    return compared_code(matrix) if matrix.answers else exit_code(matrix, frozenset())
