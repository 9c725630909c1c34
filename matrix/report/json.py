"""The JSON result: a Matrix written cell by cell, and read back the same.

``schema-1.json`` beside this file says what it looks like. Strict JSON: a number that is not
finite is a string, ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``. What can be counted from the
cells (``counts``, ``limits``) is written for those who read it elsewhere, and left aside here.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, TextIO

from matrix.errors import StoreError
from matrix.model import (
    Cell,
    ClassifierScores,
    ClassScore,
    Detection,
    EnvInfo,
    Environment,
    EnvSpec,
    Failure,
    Group,
    Interpreter,
    Lock,
    Matrix,
    OutputDifference,
    Pipeline,
    RegressorScores,
    Scores,
    Verdict,
    WarningSeen,
)
from matrix.report.json_stream import Document, NotJsonError
from matrix.report.words import limits

SCHEMA_VERSION = 1

Json = dict[str, Any]


def schema() -> Json:
    """The JSON Schema of what is written."""
    text = files("matrix.report").joinpath(f"schema-{SCHEMA_VERSION}.json").read_text("utf-8")
    loaded: Json = json.loads(text)
    return loaded


def write_json(matrix: Matrix, stream: TextIO) -> None:
    """Write the result, one cell a line; never more than one cell is held."""
    head = {
        "schema_version": SCHEMA_VERSION,
        "started": matrix.started.isoformat(),
        "finished": matrix.finished.isoformat(),
        "interrupted": matrix.interrupted,
        "environments": [_environment_to_dict(found) for found in matrix.environments],
        "pipelines": [_pipeline_to_dict(pipeline) for pipeline in matrix.pipelines],
    }
    stream.write(_encode(head)[:-1] + ',\n"cells": [')
    counts: Counter[Verdict] = Counter()
    separator = "\n"
    for cell in matrix.cells:
        stream.write(separator + _encode(cell_to_dict(cell)))
        separator = ",\n"
        counts[cell.verdict] += 1
    tail = {
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "self_check": {name: found.value for name, found in matrix.self_check.items()},
        "limits": _limits(matrix, counts),
    }
    stream.write("\n],\n" + _encode(tail)[1:] + "\n")


def read_json(path: Path) -> Matrix:
    """Read a result back.

    The file is checked from end to end; its cells are read again each time they are asked for.

    Raises:
        StoreError: it cannot be read, or is not such a result; the message says where.
    """
    document = Document(path, "cells")
    head = _read_head(path, document)
    with _reading(path, "environments"):
        environments = tuple(_environment_from_dict(found) for found in head["environments"])
    with _reading(path, "pipelines"):
        pipelines = tuple(_pipeline_from_dict(pipeline) for pipeline in head["pipelines"])
    with _reading(path, "the top"):
        return Matrix(
            started=datetime.fromisoformat(head["started"]),
            finished=datetime.fromisoformat(head["finished"]),
            environments=environments,
            pipelines=pipelines,
            cells=_CellsInFile(document),
            self_check={name: Detection(found) for name, found in head["self_check"].items()},
            interrupted=head["interrupted"],
        )


def _read_head(path: Path, document: Document) -> Json:
    """All but the cells, which are looked at and let go again."""
    head: Json = {}
    index = 0
    with _reading(path, "the top"):
        for key, value in document.members():
            if key == "schema_version" and value != SCHEMA_VERSION:
                raise StoreError(
                    f"{path}: schema_version {value!r} cannot be read here",
                    advice=f"This version of the tool reads schema_version {SCHEMA_VERSION}.",
                )
            if key == "cells":
                with _reading(path, f"cells[{index}]"):
                    cell_from_dict(value)
                index += 1
            else:
                head[key] = value
        head["schema_version"]
    return head


@contextmanager
def _reading(path: Path, where: str) -> Iterator[None]:
    """Turn all that can be wrong with a file into one error that says where."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error
    except KeyError as error:
        raise StoreError(f"{path}: {where}: {error.args[0]!r} is missing") from error
    except NotJsonError as error:
        raise StoreError(f"{path} is not a whole JSON document: {error}") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: {where}: {error}") from error


@dataclass(frozen=True, slots=True)
class _CellsInFile:
    """Cells that stay in their file until they are asked for."""

    document: Document

    def __iter__(self) -> Iterator[Cell]:
        with _reading(self.document.path, "cells"):
            for item in self.document.items():
                yield cell_from_dict(item)


def _limits(matrix: Matrix, counts: Counter[Verdict]) -> list[str]:
    unknown = sum(n for verdict, n in counts.items() if verdict.group is Group.UNKNOWN)
    notice = limits(
        cells=counts.total(),
        unknown=unknown,
        not_run=counts[Verdict.NOT_RUN],
        interrupted=matrix.interrupted,
    )
    return list(notice)


# --------------------------------------------------------------------------- values

_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode

_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


def _number(value: float | None) -> float | str | None:
    """A number, or the name of one that JSON does not have."""
    if value is None or math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _float(value: object) -> float:
    if isinstance(value, str) and value not in _NOT_FINITE:
        raise ValueError(f"{value!r} is not a number")
    return float(value)  # type: ignore[arg-type]


def _float_or_none(value: object) -> float | None:
    return None if value is None else _float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


# --------------------------------------------------------------------------- environments


def _environment_to_dict(environment: Environment) -> Json:
    spec, lock, info = environment.spec, environment.lock, environment.info
    return {
        "id": spec.id,
        "label": spec.label,
        "spec": {
            "scikit_learn": spec.scikit_learn,
            "python": spec.python,
            "requirements": list(spec.requirements),
            "as_of": spec.as_of,
            "like": spec.like,
        },
        "status": "ready" if environment.ready else "unavailable",
        "reason": environment.reason,
        "info": None if info is None else _info_to_dict(info),
        "lock": None if lock is None else _lock_to_dict(lock),
    }


def _environment_from_dict(data: Json) -> Environment:
    spec = data["spec"]
    return Environment(
        spec=EnvSpec(
            id=_text(data["id"]),
            label=_text(data["label"]),
            scikit_learn=_text(spec["scikit_learn"]),
            python=_text(spec["python"]),
            requirements=tuple(spec["requirements"]),
            as_of=_text(spec["as_of"]),
            like=spec["like"],
        ),
        lock=None if data["lock"] is None else _lock_from_dict(_text(data["id"]), data["lock"]),
        info=None if data["info"] is None else _info_from_dict(data["info"]),
        reason=_text(data["reason"]),
    )


def _info_to_dict(info: EnvInfo) -> Json:
    return {
        "python": info.python,
        "platform": info.platform,
        "executable": str(info.executable),
        "packages": dict(info.packages),
        "blas": info.blas,
    }


def _info_from_dict(data: Json) -> EnvInfo:
    return EnvInfo(
        python=_text(data["python"]),
        platform=_text(data["platform"]),
        executable=Path(data["executable"]),
        packages=dict(data["packages"]),
        blas=_text(data["blas"]),
    )


def _lock_to_dict(lock: Lock) -> Json:
    return {
        "python": lock.interpreter.version,
        "implementation": lock.interpreter.implementation,
        "interpreter": str(lock.interpreter.path),
        "pins": dict(lock.pins),
        "as_of": None if lock.as_of is None else lock.as_of.isoformat(),
    }


def _lock_from_dict(environment: str, data: Json) -> Lock:
    return Lock(
        environment=environment,
        interpreter=Interpreter(
            path=Path(data["interpreter"]),
            version=_text(data["python"]),
            implementation=_text(data["implementation"]),
        ),
        pins=dict(data["pins"]),
        as_of=None if data["as_of"] is None else date.fromisoformat(data["as_of"]),
    )


# --------------------------------------------------------------------------- pipelines


def _pipeline_to_dict(pipeline: Pipeline) -> Json:
    return {
        "id": pipeline.id,
        "source": str(pipeline.file),
        "line": pipeline.line,
        "doc": pipeline.doc,
        "tags": list(pipeline.tags),
        "formats": list(pipeline.formats),
        "digest": pipeline.digest,
    }


def _pipeline_from_dict(data: Json) -> Pipeline:
    return Pipeline(
        id=_text(data["id"]),
        file=Path(data["source"]),
        line=data["line"],
        doc=_text(data["doc"]),
        tags=tuple(data["tags"]),
        formats=tuple(data["formats"]),
        digest=_text(data["digest"]),
    )


# --------------------------------------------------------------------------- cells


def cell_to_dict(cell: Cell) -> Json:
    """A cell as JSON has it."""
    seen = cell.warnings
    return {
        "pipeline": cell.pipeline,
        "format": cell.format,
        "writer": cell.writer,
        "reader": cell.reader,
        "verdict": cell.verdict.value,
        "stage": cell.stage,
        "reason": cell.reason,
        "exception": None if cell.exception is None else _failure_to_dict(cell.exception),
        "warnings": list(dict.fromkeys(warning.category for warning in seen)) if seen else [],
        "warning_details": [_warning_to_dict(warning) for warning in seen] if seen else [],
        "silent": cell.silent,
        "outputs": {name: _output_to_dict(output) for name, output in cell.outputs.items()},
        "n_identical": cell.n_identical,
        "before": _scores_to_dict(cell.before),
        "after": _scores_to_dict(cell.after),
        "retrained": cell.retrained,
        "cause": cell.cause,
        "cached": cell.cached,
    }


def cell_from_dict(data: Json) -> Cell:
    """The mirror image of ``cell_to_dict``."""
    exception = data["exception"]
    return Cell(
        pipeline=_text(data["pipeline"]),
        format=_text(data["format"]),
        writer=_text(data["writer"]),
        reader=_text(data["reader"]),
        verdict=Verdict(data["verdict"]),
        stage=_text(data["stage"]),
        reason=_text(data["reason"]),
        exception=None if exception is None else _failure_from_dict(exception),
        warnings=tuple(_warning_from_dict(warning) for warning in data["warning_details"]),
        silent=data["silent"],
        outputs={name: _output_from_dict(output) for name, output in data["outputs"].items()},
        n_identical=data["n_identical"],
        before=_scores_from_dict(data["before"]),
        after=_scores_from_dict(data["after"]),
        retrained=_text(data["retrained"]),
        cause=data["cause"],
        cached=data["cached"],
    )


def _failure_to_dict(failure: Failure) -> Json:
    return {
        "type": failure.type,
        "message": failure.message,
        "traceback": failure.traceback,
    }


def _failure_from_dict(data: Json) -> Failure:
    return Failure(
        type=_text(data["type"]),
        message=_text(data["message"]),
        traceback=_text(data["traceback"]),
    )


def _warning_to_dict(warning: WarningSeen) -> Json:
    return {
        "category": warning.category,
        "message": warning.message,
        "stage": warning.stage,
    }


def _warning_from_dict(data: Json) -> WarningSeen:
    return WarningSeen(
        category=_text(data["category"]),
        message=_text(data["message"]),
        stage=_text(data["stage"]),
    )


def _output_to_dict(output: OutputDifference) -> Json:
    return {
        "verdict": output.verdict.value,
        "max_abs": _number(output.max_abs),
        "max_rel": _number(output.max_rel),
        "n_changed": output.n_changed,
        "n": output.n,
        "note": output.note,
    }


def _output_from_dict(data: Json) -> OutputDifference:
    return OutputDifference(
        verdict=Verdict(data["verdict"]),
        max_abs=_float_or_none(data["max_abs"]),
        max_rel=_float_or_none(data["max_rel"]),
        n_changed=data["n_changed"],
        n=data["n"],
        note=_text(data["note"]),
    )


# --------------------------------------------------------------------------- scores


def _scores_to_dict(scores: Scores | None) -> Json | None:
    if scores is None:
        return None
    if isinstance(scores, RegressorScores):
        return {
            "kind": "regressor",
            "r2": _number(scores.r2),
            "mean_absolute_error": _number(scores.mean_absolute_error),
            "max_error": _number(scores.max_error),
        }
    return {
        "kind": "classifier",
        "accuracy": _number(scores.accuracy),
        "classes": [
            {
                "label": score.label,
                "support": score.support,
                "precision": _number(score.precision),
                "recall": _number(score.recall),
                "f1": _number(score.f1),
            }
            for score in scores.classes
        ],
        "confusion": [list(row) for row in scores.confusion],
    }


def _scores_from_dict(data: Json | None) -> Scores | None:
    if data is None:
        return None
    if data["kind"] == "regressor":
        return RegressorScores(
            r2=_float(data["r2"]),
            mean_absolute_error=_float(data["mean_absolute_error"]),
            max_error=_float(data["max_error"]),
        )
    return ClassifierScores(
        accuracy=_float(data["accuracy"]),
        classes=tuple(
            ClassScore(
                label=_text(score["label"]),
                support=score["support"],
                precision=_float(score["precision"]),
                recall=_float(score["recall"]),
                f1=_float(score["f1"]),
            )
            for score in data["classes"]
        ),
        confusion=tuple(tuple(row) for row in data["confusion"]),
    )
