"""JUnit XML: a suite for each pipeline, a test case for each format and pair of environments.

Facts, whatever ``--fail-on`` says: what changes or fails is a failure, what is unknown is
skipped. With a baseline, known and accepted cells are skipped too, and say so: only what is
new or worse is a failure. A suite without test cases comes first, with the environments and the
notice of limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from matrix.model import Cell, Environment, Group, Matrix, Status
from matrix.normalize_messages import without_places
from matrix.report import comparison_text
from matrix.report.comparison_text import CellStatuses
from matrix.report.grouped_text import GroupedText
from matrix.report.notice import Tally
from matrix.report.safe_text import plain
from matrix.report.sentences import difference, scores
from matrix.report.verdict_words import MEANINGS


@dataclass(slots=True)
class _Suite:
    """Counts of test cases; a suite states them before it lists the cases."""

    tests: int = 0
    failures: int = 0
    skipped: int = 0

    def add(self, cell: Cell, statuses: CellStatuses) -> None:
        self.tests += 1
        if _skipped(cell, statuses):
            self.skipped += 1
        elif not cell.verdict.safe:
            self.failures += 1

    def __str__(self) -> str:
        return f'tests="{self.tests}" failures="{self.failures}" errors="0"'


def _skipped(cell: Cell, statuses: CellStatuses) -> bool:
    return cell.verdict.group is Group.UNKNOWN or statuses.is_known(cell)


def write_junit(matrix: Matrix, stream: TextIO) -> None:
    """Write one suite for each pipeline, whatever the order of the cells.

    The cells are read once. A suite says how many test cases it has before it lists them, so their
    text waits in a temporary file; what is held of each suite is its counts.
    """
    statuses = CellStatuses(matrix.comparison)
    tally, total, suites = Tally(), _Suite(), dict[str, _Suite]()
    with GroupedText() as cases:
        for cell in matrix.cells:
            tally.add(cell)
            total.add(cell, statuses)
            suites.setdefault(cell.pipeline, _Suite()).add(cell, statuses)
            cases.add(cell.pipeline, _case(cell, statuses))
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        stream.write(f'<testsuites name="sklearn-compat-matrix" {total}>\n')
        _write_about(matrix, tally, stream)
        for pipeline, suite in suites.items():
            name = _attribute(pipeline)
            stream.write(f'<testsuite name={name} {suite} skipped="{suite.skipped}">\n')
            for text in cases.of(pipeline):
                stream.write(text)
            stream.write("</testsuite>\n")
        stream.write("</testsuites>\n")


def _write_about(matrix: Matrix, tally: Tally, stream: TextIO) -> None:
    stamp = matrix.started.replace(tzinfo=None, microsecond=0).isoformat()
    stream.write(f'<testsuite name="about this report" {_Suite()} timestamp="{stamp}">\n')
    stream.write("<properties>\n")
    for name, value in _properties(matrix):
        stream.write(f"<property name={_attribute(name)} value={_attribute(value)}/>\n")
    stream.write("</properties>\n")
    notice = "\n".join(tally.notice(matrix))
    stream.write(f"<system-out>{escape(notice)}</system-out>\n</testsuite>\n")


def _properties(matrix: Matrix) -> Iterator[tuple[str, str]]:
    for environment in matrix.environments:
        yield f"environment {environment.id}", _environment(environment)
    for name, detection in matrix.self_check.items():
        yield f"self-check {name}", detection.value
    if matrix.comparison is not None:
        yield (
            f"compared with {matrix.comparison.against}",
            comparison_text.counts(matrix.comparison),
        )
    for answer in matrix.answers:
        yield f"answer {answer.model}", answer.answer
        if answer.pin:
            yield f"pin {answer.model}", answer.pin


def _environment(environment: Environment) -> str:
    info = environment.info
    if info is None or not environment.ready:
        return f"unavailable: {environment.reason}"
    packages = (f"{name} {version}" for name, version in info.packages.items())
    return ", ".join([f"Python {info.python}", info.platform, *packages])


def _case(cell: Cell, statuses: CellStatuses) -> str:
    name = _attribute(cell.pipeline)
    name_of_case = _attribute(f"{cell.format}: {cell.writer} → {cell.reader}")
    body = _body(cell, statuses)
    end = f">{body}</testcase>" if body else "/>"
    return f"<testcase classname={name} name={name_of_case}{end}\n"


def _body(cell: Cell, statuses: CellStatuses) -> str:
    """Return the outcome of a cell; empty for a safe one. Short, since there may be thousands."""
    if cell.verdict.safe:
        return ""
    status = statuses.of(cell)
    known = f"{_BEFORE[status]}: " if status in _BEFORE else ""
    kind, message = f'type="{cell.verdict.value}"', _attribute(known + _message(cell))
    if _skipped(cell, statuses):
        return f"<skipped {kind} message={message}/>"
    details = "\n".join(_details(cell))
    return f"<failure {kind} message={message}>{escape(details)}</failure>"


_BEFORE = {Status.STILL: "known before", Status.NEW: "new", Status.WORSE: "worse than before"}


def _message(cell: Cell) -> str:
    if cell.exception is not None:
        text = f"{cell.exception.type}: {without_places(cell.exception.message)}"
    elif cell.verdict.group is Group.CHANGES:
        text = difference(cell).removeprefix(cell.verdict.value).lstrip(", ")
    else:
        text = cell.reason
    where = f" in {cell.stage}" if cell.stage else ""
    return f"{cell.verdict.value}{where}: {text or MEANINGS[cell.verdict]}"


def _details(cell: Cell) -> Iterator[str]:
    if cell.silent:
        yield "silent: no error was raised and no warning was shown"
    for score in scores(cell):
        yield plain(str(score))
    if cell.retrained:
        yield plain(cell.retrained)
    yield plain(f"details: compat-matrix explain {cell.pipeline} {cell.writer} {cell.reader}")


def _attribute(text: str, limit: int = 300) -> str:
    """Return a quoted attribute; characters that XML forbids are escaped."""
    return quoteattr(plain(text, limit))
