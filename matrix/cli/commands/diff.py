"""``diff``: compare two results."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from matrix import baseline as baselines
from matrix.cli.arguments import DiffArguments
from matrix.errors import Exit
from matrix.report import write_outputs
from matrix.report.json import read_json
from matrix.report.terminal import console_for
from matrix.report.terminal.comparison_section import show_comparison


def diff(arguments: DiffArguments) -> Exit:
    """Compare one result with another; nothing is run."""
    known = baselines.of_matrix(read_json(arguments.old), str(arguments.old))
    matrix = read_json(arguments.new)
    comparison = baselines.compare(known, matrix, date.today())
    show_comparison(console_for(None, None, None), comparison, everything=arguments.all)
    write_outputs(replace(matrix, comparison=comparison), arguments.output)
    return Exit.UNSAFE if comparison.fails else Exit.OK
