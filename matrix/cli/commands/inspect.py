"""``inspect``: show what is in a saved file, without loading it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from matrix.cli.arguments import InspectArguments
from matrix.errors import Exit, NotAModelError
from matrix.inspection import Inspection, copy_private, inspect_in_subprocess, inspect_with_files
from matrix.report.inspection_json import write_inspection
from matrix.report.terminal.inspection import show_inspection
from matrix.upgrade.packed import only_file


def inspect(arguments: InspectArguments) -> Exit:
    """Show the content of the file; nothing in it is run."""
    with tempfile.TemporaryDirectory() as folder:

        def scratch() -> Path:
            return Path(tempfile.mkdtemp(dir=folder))

        file, name = only_file(arguments.model, scratch)
        try:
            found = replace(_inspected(file, scratch()), path=Path(name))
        except NotAModelError as error:
            if name == str(file):
                raise
            raise NotAModelError(name, error.problem, advice=error.advice) from error
    if arguments.json:
        write_inspection(found, sys.stdout)
    else:
        show_inspection(found, everything=arguments.all)
    return Exit.OK


def _inspected(file: Path, scratch: Path) -> Inspection:
    """The inspection of a file, together with the files of arrays beside it if it has any."""
    found = inspect_in_subprocess(file)
    if not found.companions:
        return found
    return inspect_with_files(file, copy_private(file, scratch), scratch)[0]
