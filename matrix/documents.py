"""The nouns as JSON, and back: one mirror for the store and for every report that is read again.

Strict JSON: a number that is not finite is a string, ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from matrix.model import (
    Acceptance,
    Cell,
    CellChange,
    ClassifierScores,
    ClassScore,
    Comparison,
    Detection,
    EnvInfo,
    Environment,
    EnvSpec,
    Explanation,
    ExplanationPoint,
    Failure,
    FileLine,
    Group,
    Interpreter,
    Lock,
    Matrix,
    ModelAnswer,
    OutputDifference,
    PairBlock,
    Pipeline,
    RegressorScores,
    RowChange,
    Scores,
    Shard,
    Status,
    UnavailableReason,
    Verdict,
    WarningSeen,
)

SCHEMA_VERSION = 1

Json = dict[str, Any]

# --------------------------------------------------------------------------- matrix


def head_to_dict(matrix: Matrix) -> Json:
    """All of a matrix that comes before its cells."""
    return {
        "schema_version": SCHEMA_VERSION,
        "started": matrix.started.isoformat(),
        "finished": matrix.finished.isoformat(),
        "interrupted": matrix.interrupted,
        "whole": matrix.whole,
        "shard": None if matrix.shard is None else _shard_to_dict(matrix.shard),
        "comparison": (
            None if matrix.comparison is None else _comparison_to_dict(matrix.comparison)
        ),
        "environments": [_environment_to_dict(found) for found in matrix.environments],
        "pipelines": [_pipeline_to_dict(pipeline) for pipeline in matrix.pipelines],
        "self_check": {name: found.value for name, found in matrix.self_check.items()},
        "answers": [_answer_to_dict(answer) for answer in matrix.answers],
        "stories": [story_to_dict(story) for story in matrix.stories],
    }


def matrix_from_head(head: Json, cells: Iterable[Cell]) -> Matrix:
    """The mirror image of :func:`head_to_dict`.

    Args:
        head: may hold more than is read here.
        cells: what the matrix is to give as its cells.

    Raises:
        KeyError, TypeError, ValueError: the head is not one.
    """
    return Matrix(
        started=datetime.fromisoformat(head["started"]),
        finished=datetime.fromisoformat(head["finished"]),
        environments=tuple(_environment_from_dict(found) for found in head["environments"]),
        pipelines=tuple(_pipeline_from_dict(pipeline) for pipeline in head["pipelines"]),
        cells=cells,
        self_check={name: Detection(found) for name, found in head["self_check"].items()},
        interrupted=head["interrupted"],
        answers=tuple(_answer_from_dict(answer) for answer in head.get("answers", ())),
        whole=bool(head.get("whole", True)),
        shard=None if head.get("shard") is None else _shard_from_dict(head["shard"]),
        comparison=(
            None if head.get("comparison") is None else _comparison_from_dict(head["comparison"])
        ),
        stories=tuple(_story_from_dict(story) for story in head.get("stories", ())),
    )


def story_to_dict(story: Explanation) -> Json:
    """A story as a result holds it."""
    return {
        "pipeline": story.pipeline,
        "format": story.format,
        "writer": story.writer,
        "reader": story.reader,
        "answer": story.answer,
        "points": [
            {"heading": point.heading, "lines": list(point.lines)} for point in story.points
        ],
    }


def _story_from_dict(data: Json) -> Explanation:
    return Explanation(
        pipeline=_text(data["pipeline"]),
        format=_text(data["format"]),
        writer=_text(data["writer"]),
        reader=_text(data["reader"]),
        answer=_text(data["answer"]),
        points=tuple(
            ExplanationPoint(
                heading=_text(point["heading"]), lines=tuple(map(_text, point["lines"]))
            )
            for point in data["points"]
        ),
    )


def _shard_to_dict(shard: Shard) -> Json:
    return {"index": shard.index, "count": shard.count, "plan": shard.plan}


def _shard_from_dict(data: Json) -> Shard:
    return Shard(index=int(data["index"]), count=int(data["count"]), plan=_text(data["plan"]))


def _answer_to_dict(answer: ModelAnswer) -> Json:
    return {
        "model": answer.model,
        "sha256": answer.sha256,
        "origin": answer.origin,
        "group": answer.group.value,
        "answer": answer.answer,
        "problem": answer.problem,
        "pin": answer.pin,
        "safe": list(answer.safe),
        "first_bad": answer.first_bad,
        "rows": dict(answer.rows),
        "worst": {
            name: [{"row": one.row, "before": one.before, "after": one.after} for one in changes]
            for name, changes in answer.worst.items()
        },
        "sandbox": answer.sandbox,
    }


def _answer_from_dict(data: Json) -> ModelAnswer:
    return ModelAnswer(
        model=_text(data["model"]),
        sha256=_text(data["sha256"]),
        origin=_text(data["origin"]),
        group=Group(data["group"]),
        answer=_text(data["answer"]),
        problem=_text(data["problem"]),
        pin=_text(data["pin"]),
        safe=tuple(map(_text, data["safe"])),
        first_bad=_text(data["first_bad"]),
        rows={_text(kind): int(count) for kind, count in data["rows"].items()},
        worst={
            _text(name): tuple(
                RowChange(
                    row=int(one["row"]), before=_text(one["before"]), after=_text(one["after"])
                )
                for one in changes
            )
            for name, changes in data["worst"].items()
        },
        sandbox=_text(data.get("sandbox", "")),
    )


# --------------------------------------------------------------------------- comparison


def _comparison_to_dict(comparison: Comparison) -> Json:
    return {
        "against": comparison.against,
        "full": comparison.full,
        "counts": {status.value: comparison.counts.get(status, 0) for status in Status},
        "changes": [_change_to_dict(change) for change in comparison.changes],
        "expired": [_acceptance_to_dict(one) for one in comparison.expired],
        "stale": [_acceptance_to_dict(one) for one in comparison.stale],
    }


def _comparison_from_dict(data: Json) -> Comparison:
    return Comparison(
        against=_text(data["against"]),
        full=bool(data["full"]),
        counts={status: int(data["counts"][status.value]) for status in Status},
        changes=tuple(_change_from_dict(change) for change in data["changes"]),
        expired=tuple(_acceptance_from_dict(one) for one in data["expired"]),
        stale=tuple(_acceptance_from_dict(one) for one in data["stale"]),
    )


def _change_to_dict(change: CellChange) -> Json:
    return {
        "status": change.status.value,
        "pipeline": change.pipeline,
        "format": change.format,
        "was": None if change.was is None else change.was.value,
        "now": None if change.now is None else change.now.value,
        "blocks": [
            {"writers": list(block.writers), "readers": list(block.readers)}
            for block in change.blocks
        ],
        "cells": change.cells,
    }


def _change_from_dict(data: Json) -> CellChange:
    return CellChange(
        status=Status(data["status"]),
        pipeline=_text(data["pipeline"]),
        format=_text(data["format"]),
        was=None if data["was"] is None else Verdict(data["was"]),
        now=None if data["now"] is None else Verdict(data["now"]),
        blocks=tuple(
            PairBlock(
                writers=tuple(map(_text, block["writers"])),
                readers=tuple(map(_text, block["readers"])),
            )
            for block in data["blocks"]
        ),
    )


_GLOBS = ("pipelines", "formats", "writers", "readers", "verdicts")


def _acceptance_to_dict(one: Acceptance) -> Json:
    globs = {name: getattr(one, name) for name in _GLOBS}
    return {**globs, "reason": one.reason, "until": one.until.isoformat()}


def _acceptance_from_dict(data: Json) -> Acceptance:
    return Acceptance(
        reason=_text(data["reason"]),
        until=date.fromisoformat(data["until"]),
        **{name: _text(data[name]) for name in _GLOBS},
    )


# --------------------------------------------------------------------------- values

encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode

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
            "constraints": list(spec.constraints),
            "as_of": spec.as_of,
            "like": spec.like,
            "place": None if spec.place is None else _place_to_dict(spec.place),
        },
        "status": "ready" if environment.ready else "unavailable",
        "reason": environment.reason,
        "why": None if environment.why is None else environment.why.value,
        "info": None if info is None else _info_to_dict(info),
        "lock": None if lock is None else _lock_to_dict(lock),
    }


def _place_to_dict(place: FileLine) -> Json:
    return {"file": str(place.file), "line": place.line}


def _place_from_dict(data: Json | None) -> FileLine | None:
    return None if data is None else FileLine(file=Path(_text(data["file"])), line=data["line"])


def _environment_from_dict(data: Json) -> Environment:
    spec = data["spec"]
    return Environment(
        spec=EnvSpec(
            id=_text(data["id"]),
            label=_text(data["label"]),
            scikit_learn=_text(spec["scikit_learn"]),
            python=_text(spec["python"]),
            requirements=tuple(spec["requirements"]),
            constraints=tuple(spec.get("constraints", ())),
            as_of=_text(spec["as_of"]),
            like=spec["like"],
            place=_place_from_dict(spec.get("place")),
        ),
        lock=None if data["lock"] is None else _lock_from_dict(_text(data["id"]), data["lock"]),
        info=None if data["info"] is None else _info_from_dict(data["info"]),
        reason=_text(data["reason"]),
        why=None if data.get("why") is None else UnavailableReason(data["why"]),
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
        "artifact": cell.artifact,
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
    return cell_from_parts(
        data,
        None if exception is None else failure_from_dict(exception),
        tuple([warning_from_dict(warning) for warning in data["warning_details"]]),
    )


def cell_from_parts(
    data: Json, exception: Failure | None, warnings: tuple[WarningSeen, ...]
) -> Cell:
    """A cell whose exception and warnings were read already: many cells may share them."""
    return Cell(
        pipeline=_text(data["pipeline"]),
        format=_text(data["format"]),
        writer=_text(data["writer"]),
        reader=_text(data["reader"]),
        verdict=Verdict(data["verdict"]),
        artifact=_text(data["artifact"]),
        stage=_text(data["stage"]),
        reason=_text(data["reason"]),
        exception=exception,
        warnings=warnings,
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


def failure_from_dict(data: Json) -> Failure:
    """The mirror image of an exception in ``cell_to_dict``."""
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


def warning_from_dict(data: Json) -> WarningSeen:
    """The mirror image of a warning in ``cell_to_dict``."""
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
