"""Reports: one file a format, all from one Matrix.

A format is a function from a Matrix to text on a stream, and a line in ``FORMATS``. Where the
text goes, and that a half-written file never stands there, is settled here for all of them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from matrix.errors import UsageError
from matrix.model import Matrix
from matrix.report.badge import write_badge
from matrix.report.csv import write_csv
from matrix.report.files import replacing
from matrix.report.html import write_html
from matrix.report.json import read_json, write_json
from matrix.report.junit import write_junit
from matrix.report.markdown import write_markdown
from matrix.report.sarif import write_sarif
from matrix.report.text_and_svg import write_svg, write_text

__all__ = ["FORMATS", "ReportOutput", "read_json", "write_outputs"]

Writer = Callable[[Matrix, TextIO], None]
"""All that a format promises. It may read the cells several times, and keeps no list of them."""

FORMATS: Mapping[str, Writer] = {
    "badge": write_badge,
    "csv": write_csv,
    "html": write_html,
    "json": write_json,
    "junit": write_junit,
    "markdown": write_markdown,
    "sarif": write_sarif,
    "svg": write_svg,
    "text": write_text,
}
"""By the name that ``--output NAME:PATH`` gives it."""


@dataclass(frozen=True, slots=True)
class ReportOutput:
    """A report that is wanted, and where."""

    format: str
    path: Path
    """``-`` is standard output."""

    @classmethod
    def parse(cls, text: str) -> ReportOutput:
        """Read ``FORMAT:PATH``.

        Raises:
            UsageError: there is no such format, or no path, or the path is a folder.
        """
        name, colon, path = text.partition(":")
        if name not in FORMATS:
            raise UsageError(
                f"--output {text}: {name!r} is not a format",
                advice=f"Formats: {', '.join(sorted(FORMATS))}; as in --output json:results.json",
            )
        if not colon or not path:
            raise UsageError(
                f"--output {text}: a path is missing", advice=f"For example {name}:results.{name}"
            )
        if Path(path).is_dir():
            raise UsageError(f"--output {text}: {path} is a folder", advice="Name a file in it.")
        return cls(name, Path(path))

    def write(self, matrix: Matrix) -> None:
        """Write the report.

        Raises:
            StoreError: the file cannot be written; what stood there before still does.
        """
        if str(self.path) == "-":
            if isinstance(sys.stdout, io.TextIOWrapper):  # what a terminal or a pipe takes here
                sys.stdout.reconfigure(encoding="utf-8", newline="\n")
            FORMATS[self.format](matrix, sys.stdout)
            return
        with replacing(self.path) as stream:
            FORMATS[self.format](matrix, stream)


def write_outputs(matrix: Matrix, outputs: Iterable[ReportOutput]) -> None:
    """Write several reports of one Matrix, in the order given."""
    for output in outputs:
        output.write(matrix)
