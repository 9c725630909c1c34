"""``merge``: combine the results of shards into the result of one machine."""

from __future__ import annotations

from matrix.cli.arguments import MergeArguments
from matrix.cli.commands.run import compared, exit_code, read_known
from matrix.engine.shards import merge as merged
from matrix.errors import Exit
from matrix.model import Verdict
from matrix.report import write_outputs
from matrix.report.json import read_json
from matrix.report.terminal import show


def merge(arguments: MergeArguments) -> Exit:
    """Merge shards; nothing is run."""
    known = read_known(arguments.baseline)
    shards = {str(path): read_json(path) for path in arguments.shards}
    matrix = merged(shards, allow_missing=arguments.allow_missing)
    matrix = compared(matrix, known)
    show(matrix, everything=arguments.all)
    write_outputs(matrix, arguments.output)
    code = exit_code(matrix, arguments.fail_on)
    missing = arguments.allow_missing and matrix.counts[Verdict.NOT_RUN]
    return Exit.CANNOT_TELL if code is Exit.OK and missing else code
