"""JUnit XML: a suite for each pipeline, a test case for each format and pair of environments.

Facts, whatever ``--fail-on`` says: what changes, fails or is limited is a failure, what is unknown
is skipped. Of a user's own model what is unknown is an error, because CI systems show a skipped
test as green; a model that could not be checked is a suite with one error. With a baseline, known
and accepted cells are skipped too, and say so: only what is new or worse is a failure. A suite
without test cases comes first, with the environments and the notice of limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from matrix.model import Cell, Environment, Group, Matrix, ModelAnswer, Status, Verdict
from matrix.report import comparison_text
from matrix.report.comparison_text import CellStatuses
from matrix.report.grouped_text import GroupedText
from matrix.report.notice import Tally
from matrix.report.score_words import changed
from matrix.report.sentences import what_decided
from matrix.safe_text import plain

_LONGEST = 1000
"""Characters of a message: it names every output that changed or failed."""


@dataclass(slots=True)
class _Suite:
    """Counts of test cases; a suite states them before it lists the cases."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0

    def add(self, outcome: str) -> None:
        """Count a test case with this outcome: the name of its element, empty for a safe one."""
        self.tests += 1
        self.failures += outcome == "failure"
        self.errors += outcome == "error"
        self.skipped += outcome == "skipped"

    def __str__(self) -> str:
        return f'tests="{self.tests}" failures="{self.failures}" errors="{self.errors}"'


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Which outcome a cell has."""

    statuses: CellStatuses
    own_models: bool
    """The cells are those of a user's own models."""

    def of(self, cell: Cell) -> str:
        """Return the name of the element; empty for a safe cell."""
        if cell.verdict.safe:
            return ""
        if self.statuses.is_known(cell):
            return "skipped"
        if cell.verdict.group is Group.UNKNOWN:
            return "error" if self.own_models else "skipped"
        return "failure"


def write_junit(matrix: Matrix, stream: TextIO) -> None:
    """Write one suite for each pipeline, whatever the order of the cells.

    The cells are read once. A suite says how many test cases it has before it lists them, so their
    text waits in a temporary file; what is held of each suite is its counts.
    """
    outcomes = _Outcomes(CellStatuses(matrix.comparison), own_models=bool(matrix.answers))
    tally, total, suites = Tally(), _Suite(), dict[str, _Suite]()
    with GroupedText() as cases:
        for cell in matrix.cells:
            tally.add(cell)
            outcome = outcomes.of(cell)
            total.add(outcome)
            suites.setdefault(cell.pipeline, _Suite()).add(outcome)
            cases.add(cell.pipeline, _case(cell, outcome, outcomes.statuses))
        for answer in matrix.unanswered:
            total.add("error")
            suites.setdefault(answer.model, _Suite()).add("error")
            cases.add(answer.model, _unanswered(answer))
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
        if answer.first_gate_only:
            yield f"gates {answer.model}", answer.first_gate_only


def _environment(environment: Environment) -> str:
    info = environment.info
    if info is None or not environment.ready:
        return f"unavailable: {environment.reason}"
    packages = (f"{name} {version}" for name, version in info.packages.items())
    return ", ".join([f"Python {info.python}", info.platform, *packages])


def _unanswered(answer: ModelAnswer) -> str:
    """Return the test case of a model that could not be checked."""
    name, message = _attribute(answer.model), _attribute(f"unknown: {answer.problem}", 1000)
    kind = Verdict.NOT_RUN.value
    error = f'<error type="{kind}" message={message}/>'
    return f'<testcase classname={name} name="upgrade check">{error}</testcase>\n'


def _case(cell: Cell, outcome: str, statuses: CellStatuses) -> str:
    name = _attribute(cell.pipeline)
    name_of_case = _attribute(f"{cell.format}: {cell.writer} → {cell.reader}")
    body = _body(cell, outcome, statuses.of(cell))
    end = f">{body}</testcase>" if body else "/>"
    return f"<testcase classname={name} name={name_of_case}{end}\n"


def _body(cell: Cell, outcome: str, status: Status | None) -> str:
    """Return the outcome of a cell; empty for a safe one. Short, since there may be thousands."""
    if not outcome:
        return ""
    known = f"{_BEFORE[status]}: " if status in _BEFORE else ""
    kind, message = f'type="{cell.verdict.value}"', _attribute(known + what_decided(cell), _LONGEST)
    if outcome != "failure":
        return f"<{outcome} {kind} message={message}/>"
    details = "\n".join(_details(cell))
    return f"<failure {kind} message={message}>{escape(details)}</failure>"


_BEFORE = {Status.STILL: "known before", Status.NEW: "new", Status.WORSE: "worse than before"}


def _details(cell: Cell) -> Iterator[str]:
    if cell.silent:
        yield "silent: no error was raised and no warning was shown"
    for score in changed(cell):
        yield plain(str(score))
    if cell.retrained:
        yield plain(cell.retrained)
    yield plain(f"details: compat-matrix explain {cell.pipeline} {cell.writer} {cell.reader}")


def _attribute(text: str, limit: int = 300) -> str:
    """Return a quoted attribute; characters that XML forbids are escaped."""
    return quoteattr(plain(text, limit))
