"""Trace an artifact in its writer and in the reader where it changes or fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matrix import diagnosis
from matrix.diagnosis import Trace
from matrix.engine.run_context import RunContext
from matrix.executors.jobs import Job
from matrix.executors.worker_process import PieceRequest
from matrix.model import Artifact, Environment, Pipeline, Saving
from matrix.store import keys
from matrix.store.worker_answers import WorkerAnswer

TASK = "trace"


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceWork:
    """An artifact, an environment to look inside it, and the method to follow."""

    pipeline: Pipeline
    artifact: Artifact
    saving: Saving
    """The writer's answer; the trace uses its rows."""
    environment: Environment
    method: str
    """Empty to follow none."""
    allowed: tuple[tuple[str, str], ...] | None = None
    """All that the file may look up, as modules and names in them; None for the run's own files."""


def traces(context: RunContext, looks: Sequence[TraceWork]) -> list[Trace]:
    """The traces of artifacts in environments, in the order of the requests.

    Stored traces are not recorded again; environments work in parallel.
    """
    found: dict[str, WorkerAnswer] = {}
    due: dict[str, TraceWork] = {}
    for look in looks:
        key = _key(context, look)
        kept = None if context.fresh else _kept(context, key)
        if kept is None:
            due.setdefault(key, look)
        else:
            found[key] = kept
    if due:
        context.run(_jobs(context, due, found))
    return [diagnosis.read_trace(found[_key(context, look)], look.method) for look in looks]


def _key(context: RunContext, look: TraceWork) -> str:
    loaded = keys.loaded(look.pipeline, look.artifact, look.saving)
    return keys.tracing(loaded, look.method, context.key(look.environment))


def _kept(context: RunContext, key: str) -> WorkerAnswer | None:
    """The stored trace, if it is complete."""
    answer = context.store.answer(key)
    if answer is None:
        return None
    digests = (place["digest"] for place in answer["contents"])
    return answer if context.store.has_contents(digests) else None


def _jobs(
    context: RunContext, due: Mapping[str, TraceWork], found: dict[str, WorkerAnswer]
) -> Iterator[Job]:
    """One job per environment; in a sandbox, one job per file."""

    def group(entry: tuple[str, TraceWork]) -> tuple[str, str]:
        look = entry[1]
        return look.environment.id, "" if context.sandbox is None else look.artifact.sha256

    for _, entries in groupby(sorted(due.items(), key=group), group):
        yield _job(context, list(entries), found)


def _job(
    context: RunContext, due: list[tuple[str, TraceWork]], found: dict[str, WorkerAnswer]
) -> Job:
    environment = due[0][1].environment

    def on_answer(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        key = due[number][0]
        context.store.keep(key, answer, contents)
        found[key] = answer

    return Job(
        label=f"{environment.spec.label} looks inside",
        request=context.request(environment, TASK, _pieces(context, due)),
        on_answer=on_answer,
        alone=context.sandbox is not None,
    )


def _pieces(context: RunContext, due: Iterable[tuple[str, TraceWork]]) -> Iterator[PieceRequest]:
    for number, (key, look) in enumerate(due):
        artifact = look.artifact
        yield {
            "id": number,
            "key": key,
            "format": artifact.format,
            "path": str(context.store.artifact(artifact.sha256, artifact.format)),
            "part": artifact.part,
            "rows": str(context.store.rows_file(look.saving.rows)),
            "method": look.method,
            "allowed": look.allowed,
        }
