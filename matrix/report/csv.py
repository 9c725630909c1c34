"""CSV with one row per cell, and one for each model that could not be checked.

Follows RFC 4180: a header, CRLF line ends, quotes where needed. A value that a spreadsheet would
run as a formula gets a leading apostrophe, which makes it text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from matrix.model import Cell, Matrix, ModelAnswer, Verdict
from matrix.report.comparison_text import CellStatuses
from matrix.report.notice import tally
from matrix.report.sentences import other_outputs
from matrix.report.summary import decisive_output
from matrix.safe_text import plain

COLUMNS = (
    "pipeline",
    "format",
    "writer",
    "reader",
    "answer",
    "verdict",
    "stage",
    "silent",
    "rows_changed",
    "rows",
    "max_abs",
    "max_rel",
    "note",
    "exception",
    "message",
    "reason",
    "warnings",
    "retrained",
    "cause",
    "known",
    "cached",
    "artifact",
    "other_outputs",
    "notice",
)
"""``known`` is the status compared with a baseline: new, worse, fixed or still; empty without one.
``notice`` has the limits of the whole result, in the first row only. ``other_outputs`` names what
else changed or failed beside ``stage``. The row of a model that could not be checked has no format
and no reader."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the wide forms, which spreadsheets take for the narrow ones."""


def write_csv(matrix: Matrix, stream: TextIO) -> None:
    """Write a header and the rows, without holding the cells in memory."""
    rows = csv.writer(stream, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    notice = " ".join(tally(matrix).notice(matrix))
    statuses = CellStatuses(matrix.comparison)
    for cell in matrix.cells:
        rows.writerow([*_row(cell, statuses), notice])
        notice = ""
    for answer in matrix.unanswered:
        rows.writerow([*_unanswered(answer), notice])
        notice = ""


def _unanswered(answer: ModelAnswer) -> Iterator[str]:
    """Yield the row of a model that could not be checked: it has no cell, and no reader."""
    known = {
        "pipeline": _text(answer.model),
        "writer": _text(answer.origin),
        "answer": answer.group.value,
        "verdict": Verdict.NOT_RUN.value,
        "silent": _yes(False),
        "reason": _text(answer.problem),
        "cached": _yes(False),
    }
    yield from (known.get(column, "") for column in COLUMNS[:-1])


def _row(cell: Cell, statuses: CellStatuses) -> Iterator[str]:
    output = decisive_output(cell) if cell.outputs else None
    failure = cell.exception
    yield from map(_text, (cell.pipeline, cell.format, cell.writer, cell.reader))
    yield from (cell.verdict.group.value, cell.verdict.value, _text(cell.stage))
    yield _yes(cell.silent)
    if output is None:
        yield from ("", "", "", "", "")
    else:
        yield from (str(output.n_changed), str(output.n))
        yield from (_number(output.max_abs), _number(output.max_rel), _text(output.note))
    yield from ("", "") if failure is None else (_text(failure.type), _text(failure.message))
    yield _text(cell.reason)
    yield _text("; ".join(dict.fromkeys(seen.category for seen in cell.warnings)))
    yield from (_text(cell.retrained), _text(cell.cause or ""))
    status = statuses.of(cell)
    yield "" if status is None else status.value
    yield from (_yes(cell.cached), _text(cell.artifact), _text(other_outputs(cell)))


def _text(text: str) -> str:
    """Return any text on one line, so that no spreadsheet reads it as a formula."""
    line = plain(text) if text else ""
    return "'" + line if line.startswith(_FORMULAS) else line


def _number(value: float | None) -> str:
    """Return the shortest exact form of a number; differences are never negative."""
    return "" if value is None else _text(repr(value))


def _yes(value: bool) -> str:
    return "true" if value else "false"
