"""``inspect``: show what is in a saved file, without loading it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from matrix.cli.arguments import InspectArguments
from matrix.errors import Exit
from matrix.inspection import copy_private, inspect_in_subprocess, inspect_with_files
from matrix.report.inspection_json import write_inspection
from matrix.report.terminal.inspection import show_inspection


def inspect(arguments: InspectArguments) -> Exit:
    """Show the content of the file; nothing in it is run."""
    found = inspect_in_subprocess(arguments.model)
    if found.companions:
        with tempfile.TemporaryDirectory() as folder:
            copy = copy_private(arguments.model, Path(folder))
            found, _ = inspect_with_files(arguments.model, copy, Path(folder))
    if arguments.json:
        write_inspection(found, sys.stdout)
    else:
        show_inspection(found, everything=arguments.all)
    return Exit.OK
