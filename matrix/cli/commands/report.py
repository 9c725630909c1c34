"""``report``: show the results of the last run again."""

from __future__ import annotations

from matrix import catalog as catalogs
from matrix.cli.arguments import ReportArguments
from matrix.cli.commands.run import compared, exit_code, read_known, with_folders
from matrix.engine import last_run
from matrix.errors import Exit
from matrix.report import write_outputs
from matrix.report.terminal import show
from matrix.store import Store


def report(arguments: ReportArguments) -> Exit:
    """Show the stored result; nothing is run."""
    catalog = with_folders(catalogs.read(arguments.config, with_pipelines=False), arguments)
    known = read_known(arguments.baseline)
    with Store(catalog.state, read_only=True) as store:
        matrix = compared(last_run.last(store), known)
        show(matrix, everything=arguments.all)
        write_outputs(matrix, arguments.output)
        return Exit.OK if known is None else exit_code(matrix, frozenset())
