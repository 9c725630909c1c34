"""Convert answers of workers from JSON to the data model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from matrix.model import (
    Absent,
    AppliedConversion,
    Artifact,
    Ending,
    Evidence,
    Failure,
    FilePart,
    Fix,
    ModelReference,
    Observation,
    Outcome,
    OwnColumn,
    OwnTable,
    Resaving,
    Returned,
    Saving,
    ValueChange,
    WarningSeen,
)

WorkerAnswer = dict[str, Any]
"""One answer of the journal; ``matrix/worker/worker.py`` describes it. A task that ended without an
answer has ``{"ending": …, "reason": …}`` instead."""


def saving(answer: WorkerAnswer, *, pipeline: str, writer: str) -> Saving:
    """The answer to a save task."""
    answer = _without_refusal(answer)
    common: dict[str, Any] = {"pipeline": pipeline, "writer": writer}
    if "ending" in answer:
        ending = Ending(answer["ending"])
        return Saving(**common, ending=ending, reason=answer["reason"])
    common |= {"warnings": _warnings(answer), "seconds": answer["seconds"]}
    if "unavailable" in answer:
        return Saving(**common, unavailable=answer["unavailable"])
    if "raised" in answer:
        return Saving(**common, stage=answer["stage"], failure=_failure(answer["raised"]))
    return Saving(
        **common,
        artifacts={
            name: _artifact(entry, pipeline, name, writer)
            for name, entry in answer["artifacts"].items()
        },
        rows=answer["rows"],
        rows_by_source=answer.get("rows_by_source", {}),
        truth=answer["truth"] or "",
        only=answer["only"],
        estimators=tuple(answer["estimators"]),
        outputs=_outcomes(answer["outputs"]),
        evidence=_evidence(answer.get("evidence")),
        own=_own(answer.get("own")),
        source=answer.get("source", ""),
    )


def measured(answer: WorkerAnswer) -> Evidence | None:
    """The answer to an evidence task; None if nothing could be measured."""
    return _evidence(answer.get("evidence"))


def _evidence(entry: WorkerAnswer | None) -> Evidence | None:
    return None if entry is None else Evidence.of(**entry)


def reference(
    answer: WorkerAnswer,
    *,
    pipeline: str,
    format_name: str,
    sha256: str,
    size: int,
    part: FilePart = (),
    writer: str,
) -> ModelReference:
    """The answer to a reference task: a model's own file, loaded in its original environment.

    Args:
        answer: of the worker.
        pipeline: the id that stands for the model.
        format_name: of the model's file.
        sha256: of the model's file.
        size: of the model's file, in bytes.
        part: where in the file the model is.
        writer: the id of the original environment.
    """
    artifact = Artifact(
        pipeline=pipeline,
        format=format_name,
        writer=writer,
        sha256=sha256,
        size=size,
        part=part,
    )
    mistake = answer.get("mistake", "")
    if mistake:
        answer = {**answer, "unavailable": mistake}
    elif not {"ending", "raised", "refused"} & answer.keys():
        answer = {**answer, "artifacts": {}}
    saved = replace(
        saving(answer, pipeline=pipeline, writer=writer), artifacts={format_name: artifact}
    )
    if "outputs" not in answer:
        return ModelReference(saving=saved, mistake=mistake)
    return ModelReference(
        saving=saved,
        made=dict(answer["made"]),
        dropped={kind: entry["rows"] for kind, entry in answer["dropped"].items()},
        n_rows=answer["n_rows"],
        fewer=_fewer(answer["fewer"]),
        unfit=answer["unfit"],
        features=None if answer["features"] is None else tuple(answer["features"]),
        repeats=_outcomes(answer["repeats"]),
        expected={method: entry["rows"] for method, entry in answer.get("expected", {}).items()},
    )


def observation(answer: WorkerAnswer, *, cached: bool = False) -> Observation:
    """The answer to a load task."""
    answer = _without_refusal(answer)
    if "ending" in answer:
        ending = Ending(answer["ending"])
        return Observation(ending=ending, reason=answer["reason"], cached=cached)
    common: dict[str, Any] = {
        "warnings": _warnings(answer),
        "seconds": answer["seconds"],
        "cached": cached,
    }
    if "unavailable" in answer:
        return Observation(**common, unavailable=answer["unavailable"])
    if "raised" in answer:
        return Observation(**common, load=_failure(answer["raised"]))
    return Observation(
        **common,
        outputs=_outcomes(answer["outputs"]),
        repeats=_outcomes(answer["repeats"]),
        own=_own(answer.get("own")),
        load_seconds=answer.get("load_seconds"),
    )


def resaving(answer: WorkerAnswer, *, pipeline: str, writer: str) -> Resaving:
    """The answer to a resave task."""
    answer = _without_refusal(answer)
    if "ending" in answer:
        return Resaving(ending=Ending(answer["ending"]), problem=answer["reason"])
    problem = answer.get("unavailable") or answer.get("mistake")
    if problem:
        return Resaving(problem=problem)
    if "raised" in answer:
        return Resaving(stage=answer["stage"], failure=_failure(answer["raised"]))
    return Resaving(
        artifacts={
            name: _artifact(entry, pipeline, name, writer)
            for name, entry in answer["artifacts"].items()
        },
        lacking=tuple(
            Fix(path=tuple(entry["path"]), name=entry["name"], value=entry["value"])
            for entry in answer["lacking"]
        ),
        converted=tuple(
            AppliedConversion(name=entry["name"], places=entry["places"], meaning=entry["meaning"])
            for entry in answer["converted"]
        ),
    )


def _without_refusal(answer: WorkerAnswer) -> WorkerAnswer:
    """Turn the answer that the name guard stopped the load into an ending without a result."""
    if "refused" not in answer:
        return answer
    reason = (
        f"stopped while loading: it looks up {answer['refused']}, which was not in it when it was "
        "inspected"
    )
    return {"ending": Ending.NOT_RUN, "reason": reason}


def _artifact(
    entry: WorkerAnswer, pipeline: str, name: str, writer: str
) -> Artifact | Failure | str:
    if "raised" in entry:
        return _failure(entry["raised"])
    if "unavailable" in entry:
        return str(entry["unavailable"])
    return Artifact(
        pipeline=pipeline,
        format=name,
        writer=writer,
        sha256=entry["sha256"],
        size=entry["size"],
        seconds=entry["seconds"],
    )


def _own(entry: WorkerAnswer | None) -> OwnTable | None:
    if entry is None:
        return None
    return OwnTable(
        pandas=entry["pandas"],
        columns=tuple(
            OwnColumn(
                name=column["name"],
                given=column["given"],
                own=column["own"],
                changes=tuple(
                    ValueChange(**{**change, "rows": tuple(change["rows"])})
                    for change in column["changes"]
                ),
            )
            for column in entry["columns"]
        ),
        columns_left_out=entry["columns_left_out"],
        outputs=_outcomes(entry["outputs"]),
        warnings=_warnings(entry),
    )


def _fewer(found: Mapping[str, Any] | None) -> tuple[str, int, int] | None:
    return None if found is None else (found["of"], found["count"], found["rows"])


def _outcomes(entries: Mapping[str, WorkerAnswer]) -> dict[str, Outcome]:
    return {name: _outcome(entry) for name, entry in entries.items()}


def _outcome(entry: WorkerAnswer) -> Outcome:
    if "raised" in entry:
        return _failure(entry["raised"])
    if "absent" in entry:
        return Absent(message=entry["absent"])
    return Returned(digest=entry["digest"], whole=entry.get("whole", True))


def _failure(entry: WorkerAnswer) -> Failure:
    return Failure(
        type=entry["type"], message=entry["message"], traceback=entry.get("traceback", "")
    )


def _warnings(answer: WorkerAnswer) -> tuple[WarningSeen, ...]:
    return tuple(WarningSeen(**entry) for entry in answer["warnings"])
