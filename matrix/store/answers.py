"""What workers answer, as nouns: the one place where the journal's JSON is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matrix.model import (
    Absent,
    Artifact,
    Ending,
    Failure,
    Observation,
    Outcome,
    Returned,
    Saving,
    WarningSeen,
)

Answer = dict[str, Any]
"""One answer of the journal; ``matrix/worker/worker.py`` describes it. Where a piece of work came
to no answer, it is ``{"ending": …, "reason": …}``."""


def saving(answer: Answer, *, pipeline: str, writer: str) -> Saving:
    """What a writer reports of one pipeline."""
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
        truth=answer["truth"] or "",
        only=answer["only"],
        outputs=_outcomes(answer["outputs"]),
    )


def observation(answer: Answer, *, cached: bool = False) -> Observation:
    """What a reader reports of one artifact."""
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
    )


def _artifact(entry: Answer, pipeline: str, name: str, writer: str) -> Artifact | Failure | str:
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
    )


def _outcomes(entries: Mapping[str, Answer]) -> dict[str, Outcome]:
    return {name: _outcome(entry) for name, entry in entries.items()}


def _outcome(entry: Answer) -> Outcome:
    if "raised" in entry:
        return _failure(entry["raised"])
    if "absent" in entry:
        return Absent(message=entry["absent"])
    return Returned(digest=entry["digest"], whole=entry.get("whole", True))


def _failure(entry: Answer) -> Failure:
    return Failure(
        type=entry["type"], message=entry["message"], traceback=entry.get("traceback", "")
    )


def _warnings(answer: Answer) -> tuple[WarningSeen, ...]:
    return tuple(WarningSeen(**entry) for entry in answer["warnings"])
