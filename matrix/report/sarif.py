"""SARIF 2.1.0: findings for code scanning, with a rule for each verdict that is not safe.

A finding is a pipeline that is not safe from some reader on, not a cell; there are some
hundreds. ``occurrenceCount`` is its number of cells. A user's model without an answer is a finding
too, of the rule ``not-checked``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from matrix import __version__
from matrix.causes import by_id
from matrix.model import (
    Cell,
    Detection,
    Direction,
    FileLine,
    Group,
    Matrix,
    ModelAnswer,
    Pipeline,
    Status,
    Verdict,
)
from matrix.model.codec import Json
from matrix.report import comparison_text
from matrix.report.cause_text import since
from matrix.report.findings import Finding, find
from matrix.report.sentences import what_decided
from matrix.report.summary import Summary, summarize
from matrix.report.verdict_words import MEANINGS, group_meaning
from matrix.safe_text import plain, without_commands

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = [verdict for verdict in Verdict if verdict.group.unsafe]
_TO_DO = {
    Group.LIMITED: "Predictions are the same: only code that prints the model or copies it with "
    "`clone` fails. Save the model again where it works, or stay below the release if you need "
    "that. `compat-matrix explain PIPELINE WRITER READER` shows the traceback.",
    Group.CHANGES: "No error is raised and no warning is shown. Stay below the release that "
    "changes the model, or train it again there. `compat-matrix explain PIPELINE WRITER READER` "
    "shows the outputs before and after.",
    Group.FAILS: "Stay below the release that fails, or train the model again there. "
    "`compat-matrix explain PIPELINE WRITER READER` shows the traceback and which packages differ.",
}
_UNANSWERED = "not-checked"
"""The id of the rule for models without an answer."""
_UNANSWERED_RULE: Json = {
    "id": _UNANSWERED,
    "name": "NotChecked",
    "shortDescription": {"text": "The model could not be checked."},
    "fullDescription": {"text": "Nothing is known of the model: it is neither safe nor broken."},
    "help": {
        "text": "The message says why. Often a package is missing (--with), a name is not "
        "trusted (--trust), the release that saved the model is unknown (--from), or the file is "
        "damaged."
    },
    "defaultConfiguration": {"level": "error"},
    "properties": {"tags": ["scikit-learn", Group.UNKNOWN.value]},
}
_DIRECTIONS = {
    Direction.UPGRADE: "upgraded to",
    Direction.ROLLBACK: "rolled back to",
    Direction.VARIATION: "loaded by",
}


def write_sarif(matrix: Matrix, stream: TextIO) -> None:
    """Write the log; the cells are read twice."""
    summary = summarize(matrix)
    results = _results(matrix, summary)
    stream.write(f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{\n')
    for key, value in _head(matrix, summary).items():
        stream.write(f'"{key}": {_json(value)},\n')
    stream.write('"results": [')
    separator = "\n"
    for result in results:
        stream.write(separator + _json(result))
        separator = ",\n"
    stream.write("\n]}]}\n")


def _json(value: object) -> str:
    return without_commands(json.dumps(value, allow_nan=False))


# --------------------------------------------------------------------------- the run


def _head(matrix: Matrix, summary: Summary) -> Json:
    driver = {
        "name": "sklearn-compat-matrix",
        "semanticVersion": __version__,
        "rules": [*(_rule(verdict, matrix.formats) for verdict in _RULES), _UNANSWERED_RULE],
    }
    notice = list(summary.tally.notice(matrix))
    counts = {verdict.value: summary.verdicts[verdict] for verdict in Verdict}
    return {
        "tool": {"driver": driver},
        "invocations": [_invocation(matrix, notice)],
        "columnKind": "unicodeCodePoints",
        "properties": {"counts": counts, "limits": notice},
    }


def _rule(verdict: Verdict, formats: frozenset[str]) -> Json:
    meaning = MEANINGS[verdict]
    group = group_meaning(verdict.group, formats)
    sentence = f"{meaning[0].upper()}{meaning[1:]}."
    return {
        "id": verdict.value,
        "name": "".join(word.capitalize() for word in verdict.value.split("-")),
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": f"{sentence} The model {group}."},
        "help": {"text": f"{sentence} {_TO_DO[verdict.group]}"},
        "defaultConfiguration": {"level": _level(verdict)},
        "properties": {"tags": ["scikit-learn", verdict.group.value]},
    }


def _level(verdict: Verdict) -> str:
    levels = {Verdict.INTROSPECTION_FAILED: "note", Verdict.SCORES_CHANGED: "warning"}
    return levels.get(verdict, "error")


def _invocation(matrix: Matrix, notice: list[str]) -> Json:
    return {
        "executionSuccessful": not matrix.interrupted,
        "startTimeUtc": _moment(matrix.started),
        "endTimeUtc": _moment(matrix.finished),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": _text(text)}}
            for level, text in _notes(matrix, notice)
        ],
    }


def _notes(matrix: Matrix, notice: list[str]) -> Iterator[tuple[str, str]]:
    """Yield level and text of the notes about the run as a whole."""
    for sentence in notice:
        yield "note", sentence
    for name, found in matrix.self_check.items():
        if found is Detection.MISSED:
            yield "error", f"a planted fault was missed: {name}"
    for environment in matrix.environments:
        if not environment.ready:
            yield "warning", f"{environment.spec.label} is unavailable: {environment.reason}"
    if matrix.comparison is not None:
        counts = comparison_text.counts(matrix.comparison)
        yield "note", f"compared with {matrix.comparison.against}: {counts}"
    for answer in matrix.answers:
        if answer.problem:
            yield "warning", f"{answer.model}: unknown: {answer.problem}"


def _moment(when: datetime) -> str:
    utc = when.astimezone(timezone.utc).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


# --------------------------------------------------------------------------- results


def _results(matrix: Matrix, summary: Summary) -> Iterator[Json]:
    specs = {environment.id: environment.spec for environment in matrix.environments}
    labels = {name: spec.label for name, spec in specs.items()}
    pipelines = {pipeline.id: pipeline for pipeline in matrix.pipelines}
    answers = {answer.model: answer for answer in matrix.answers}
    found = find(matrix, summary, lambda cell: _describe(cell, labels))
    for finding in sorted(found, key=lambda one: (-one.verdict.severity, -one.cells)):
        name = finding.pipeline
        pinned = specs[finding.reader].place if finding.reader in specs else None
        locations = _locations(finding, pinned, pipelines.get(name))
        yield {**_result(finding, answers.get(name), labels), **locations}
    for answer in matrix.answers:
        if answer.group is Group.UNKNOWN and answer.model not in {one.pipeline for one in found}:
            yield _unanswered(answer, pipelines.get(answer.model))


def _unanswered(answer: ModelAnswer, pipeline: Pipeline | None) -> Json:
    """Return the result for a model without an answer, at its file."""
    fingerprint = hashlib.sha256(json.dumps([answer.model, _UNANSWERED]).encode()).hexdigest()[:32]
    file = Path(answer.model) if pipeline is None else pipeline.file
    name = plain(answer.model) or "model"
    return {
        "ruleId": _UNANSWERED,
        "ruleIndex": len(_RULES),
        "level": "error",
        "message": {"text": _text(f"{answer.model}: {answer.answer}", 1500)},
        "occurrenceCount": 1,
        "partialFingerprints": {"finding/v1": fingerprint, "primaryLocationLineHash": fingerprint},
        "locations": [
            {
                "logicalLocations": [{"name": name, "kind": "function"}],
                "physicalLocation": _physical(file, 1),
            }
        ],
    }


def _describe(cell: Cell, labels: dict[str, str]) -> str:
    return f"saved by {labels.get(cell.writer, cell.writer)}, {what_decided(cell)}"


def _result(
    finding: Finding,
    answer: ModelAnswer | None,
    labels: dict[str, str],
) -> Json:
    reader = labels.get(finding.reader, finding.reader)
    text = f"{finding.pipeline} {_DIRECTIONS[finding.direction]} {reader}: {finding.description}"
    cause = by_id().get(finding.cause)
    if cause is not None:
        text += f". {cause.title} ({cause.id}, {since(cause)}): {cause.advice}"
    if finding.cells > 1:
        text += f" ({finding.cells:,} cells)"
    if answer is not None and answer.pin:
        text += f"; pin {answer.pin}"
    fingerprint = _fingerprint(finding)
    return {
        "ruleId": finding.verdict.value,
        "ruleIndex": _RULES.index(finding.verdict),
        "level": _level(finding.verdict),
        "message": {"text": _text(text, 1500)},
        "occurrenceCount": finding.cells,
        **_state(finding),
        "partialFingerprints": {"finding/v1": fingerprint, "primaryLocationLineHash": fingerprint},
    }


def _state(finding: Finding) -> Json:
    """Return the worst status of the cells compared with a baseline; empty without one."""
    if not finding.statuses:
        return {}
    if finding.statuses[Status.NEW]:
        return {"baselineState": "new"}
    return {"baselineState": "updated" if finding.statuses[Status.WORSE] else "unchanged"}


def _fingerprint(finding: Finding) -> str:
    """Identify a finding across runs, independent of files and lines."""
    parts = [finding.pipeline, finding.verdict.value, finding.direction.value, finding.reader]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _locations(finding: Finding, pinned: FileLine | None, pipeline: Pipeline | None) -> Json:
    """Locate a finding at the requirement that names the reader, else at the pipeline."""
    name = plain(finding.pipeline) or "pipeline"
    here: Json = {"logicalLocations": [{"name": name, "kind": "function"}]}
    if pipeline is not None:
        here["physicalLocation"] = _physical(pipeline.file, pipeline.line)
    if pinned is None:
        return {"locations": [here]}
    there = {"physicalLocation": _physical(pinned.file, pinned.line)}
    return {"locations": [there], "relatedLocations": [here]}


def _physical(file: Path, line: int) -> Json:
    return {"artifactLocation": _artifact(file), "region": {"startLine": max(line, 1)}}


def _artifact(file: Path) -> Json:
    """Return a file relative to the current folder, or with its whole path if outside."""
    if file.is_absolute() and not file.is_relative_to(Path.cwd()):
        return {"uri": file.as_uri()}
    inside = file.relative_to(Path.cwd()) if file.is_absolute() else file
    return {"uri": quote(inside.as_posix()), "uriBaseId": "%SRCROOT%"}


def _text(text: str, limit: int = 600) -> str:
    """Return text on one line; SARIF reads brackets as links and braces as placeholders."""
    return plain(text, limit).translate(_ROUND)


_ROUND = str.maketrans("[]{}", "()()")
