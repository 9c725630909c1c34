"""Reports: one file per format, all from one Matrix.

A format is a function that writes a Matrix to a text stream, and an entry in ``FORMATS``. This
module opens the stream for all of them, and never leaves a partly written file.
"""

from __future__ import annotations

import difflib
import importlib
import io
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from matrix.errors import UsageError
from matrix.model import Matrix
from matrix.report.files import replacing

Writer = Callable[[Matrix, TextIO], None]
"""Writes one report. It may iterate over the cells several times, but holds no list of them."""


def _writer(module: str, name: str) -> Writer:
    """A function of a module of this package, which is imported when a report is written: to import
    all of them takes longer than to show an answer."""

    def write(matrix: Matrix, stream: TextIO) -> None:
        found: Writer = getattr(importlib.import_module(f"matrix.report.{module}"), name)
        found(matrix, stream)

    return write


FORMATS: Mapping[str, Writer] = {
    "badge": _writer("badge", "write_badge"),
    "csv": _writer("csv", "write_csv"),
    "html": _writer("html", "write_html"),
    "json": _writer("json", "write_json"),
    "junit": _writer("junit", "write_junit"),
    "markdown": _writer("markdown", "write_markdown"),
    "sarif": _writer("sarif", "write_sarif"),
    "svg": _writer("text_and_svg", "write_svg"),
    "text": _writer("text_and_svg", "write_text"),
}
"""By the name in ``--output NAME:PATH``."""

ENDINGS: Mapping[str, str] = {
    ".csv": "csv",
    ".htm": "html",
    ".html": "html",
    ".json": "json",
    ".md": "markdown",
    ".sarif": "sarif",
    ".svg": "svg",
    ".txt": "text",
    ".xml": "junit",
}
"""The format of a file that ``--output PATH`` names, by its ending."""


@dataclass(frozen=True, slots=True)
class ReportOutput:
    """A requested report, and where to write it."""

    format: str
    path: Path
    """``-`` is standard output."""

    @classmethod
    def parse(cls, text: str) -> ReportOutput:
        """Read ``FORMAT:PATH``, or a path whose ending says the format.

        Raises:
            UsageError: the format is unknown, the path is missing, or it is a folder.
        """
        name, colon, path = text.partition(":")
        if name and name not in FORMATS and not colon:
            name, path = _format_of(text), text
        if name not in FORMATS:
            raise UsageError(
                f"--output {text}: {name!r} is not a format",
                advice=f"{_meant(name)}Formats: {', '.join(sorted(FORMATS))}. Example: --output "
                "json:run.json",
            )
        if not path:
            raise UsageError(
                f"--output {text}: the path is missing",
                advice=f"For example --output {name}:results.{name}",
            )
        if Path(path).is_dir():
            raise UsageError(
                f"--output {text}: {path} is a folder",
                advice=f"Name a file in it: --output {name}:{Path(path) / name}",
            )
        return cls(name, Path(path))

    def write(self, matrix: Matrix) -> None:
        """Write the report.

        Raises:
            StoreError: the file cannot be written; an older file there is unchanged.
        """
        if str(self.path) == "-":
            stream = getattr(sys.stdout, "unguarded", sys.stdout)  # reports are safe themselves
            if isinstance(stream, io.TextIOWrapper):  # the same bytes as in a file
                stream.reconfigure(encoding="utf-8", newline="\n")
            FORMATS[self.format](matrix, stream)
            return
        with replacing(self.path) as stream:
            FORMATS[self.format](matrix, stream)


def _format_of(path: str) -> str:
    """The format that the ending of a path says.

    Raises:
        UsageError: it says none.
    """
    found = ENDINGS.get(Path(path).suffix.lower())
    if found is None:
        raise UsageError(
            f"--output {path}: its ending names no format",
            advice=f"{_meant(path)}Endings: {', '.join(sorted(ENDINGS))}. Or name the format: "
            f"--output markdown:{path}",
        )
    return found


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name, FORMATS, n=1)
    return f"Did you mean {close[0]}? " if close else ""


def write_outputs(matrix: Matrix, outputs: Iterable[ReportOutput]) -> None:
    """Write several reports of one Matrix, in the order given."""
    for output in outputs:
        output.write(matrix)


def numbered(outputs: Iterable[ReportOutput], number: int) -> tuple[ReportOutput, ...]:
    """Return where the reports of one of several results are written.

    Those of further results get a number: ``report.html``, ``report-2.html``.

    Args:
        outputs: as the user named them.
        number: of the result, counted from 0.
    """
    return tuple(
        one
        if number == 0 or str(one.path) == "-"
        else ReportOutput(one.format, one.path.with_stem(f"{one.path.stem}-{number + 1}"))
        for one in outputs
    )
