"""Each writer fits each pipeline, records its outputs, and saves it in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from matrix.engine.run_context import RunContext
from matrix.executors.jobs import Job
from matrix.executors.worker_process import PieceRequest
from matrix.model import Artifact, Environment, Pipeline, Returned, Saving
from matrix.store import keys, worker_answers
from matrix.store.worker_answers import WorkerAnswer

TASK = "save"
STAGE = "saving"

Savings = dict[tuple[str, str], Saving]
"""The answers of writers, by writer and pipeline."""


@dataclass(frozen=True, slots=True)
class SaveWork:
    """A pipeline to save in an environment, and the key of its answer."""

    pipeline: Pipeline
    key: str


def saves_due(context: RunContext, environment: Environment, savings: Savings) -> list[SaveWork]:
    """The pipelines that are still to be saved in an environment.

    Those in ``savings`` are left out; stored savings are added to it.
    """
    due = []
    for pipeline in context.pipelines:
        if (environment.id, pipeline.id) in savings:
            continue
        work = SaveWork(pipeline, keys.saving(pipeline, context.key(environment)))
        kept = None if context.fresh else _kept(context, work, environment.id)
        if kept is None:
            due.append(work)
        else:
            savings[environment.id, pipeline.id] = kept
    return due


def _kept(context: RunContext, work: SaveWork, writer: str) -> Saving | None:
    """The stored saving, if it is complete."""
    answer = context.store.answer(work.key)
    if answer is None:
        return None
    saving = worker_answers.saving(answer, pipeline=work.pipeline.id, writer=writer)
    files = all(
        context.store.has_artifact(artifact.sha256, artifact.format)
        for artifact in artifacts_of(saving)
    )
    return saving if files and context.store.has_contents(digests_of(saving)) else None


def artifacts_of(saving: Saving) -> Iterator[Artifact]:
    """The files of a saving."""
    return (entry for entry in saving.artifacts.values() if isinstance(entry, Artifact))


def digests_of(saving: Saving) -> Iterator[str]:
    """The digests of the contents that a saving refers to."""
    yield from (digest for digest in (saving.rows, saving.truth, saving.source) if digest)
    own = {} if saving.own is None else saving.own.outputs
    for outcome in (*saving.outputs.values(), *own.values()):
        if isinstance(outcome, Returned) and outcome.digest:
            yield outcome.digest


def save_job(
    context: RunContext, environment: Environment, due: list[SaveWork], savings: Savings
) -> Job:
    """A job that saves pipelines in one environment; ``savings`` gets the answers."""
    folder = context.store.scratch()

    def take(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        work = due[number]
        context.store.keep(work.key, answer, contents)
        saving = worker_answers.saving(answer, pipeline=work.pipeline.id, writer=environment.id)
        savings[environment.id, work.pipeline.id] = saving

    label = f"{environment.spec.label} saves"
    pieces = _pieces(due, folder)
    return context.timed_job(environment, TASK, pieces, label=label, stage=STAGE, take=take)


def _pieces(due: Iterable[SaveWork], folder: Path) -> Iterator[PieceRequest]:
    for number, work in enumerate(due):
        yield {
            "id": number,
            "key": work.key,
            "pipeline": work.pipeline.id,
            "file": str(work.pipeline.file),
            "formats": list(work.pipeline.formats),
            "folder": str(folder / str(number)),
        }
