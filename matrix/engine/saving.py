"""Each writer fits each pipeline, records its outputs and saves it in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from matrix.engine.estimate import START
from matrix.engine.pool import Job
from matrix.engine.run_context import RunContext
from matrix.engine.worker_process import PieceRequest
from matrix.model import Artifact, Environment, Pipeline, Returned, Saving
from matrix.store import keys, worker_answers
from matrix.store.worker_answers import WorkerAnswer

TASK = "save"
STAGE = "saving"

Savings = dict[tuple[str, str], Saving]
"""What writers report, by writer and pipeline."""


@dataclass(frozen=True, slots=True)
class SaveWork:
    """A pipeline to be saved in some environment, and the key of its answer."""

    pipeline: Pipeline
    key: str


def saves_due(context: RunContext, environment: Environment, savings: Savings) -> list[SaveWork]:
    """What is to be saved in an environment; what is kept of earlier goes into ``savings``."""
    due = []
    for pipeline in context.pipelines:
        wanted = SaveWork(pipeline, keys.saving(pipeline, context.key(environment)))
        kept = None if context.fresh else _kept(context, wanted, environment.id)
        if kept is None:
            due.append(wanted)
        else:
            savings[environment.id, pipeline.id] = kept
    return due


def _kept(context: RunContext, wanted: SaveWork, writer: str) -> Saving | None:
    """What is kept of an earlier saving, if all of it still is."""
    answer = context.store.answer(wanted.key)
    if answer is None:
        return None
    saving = worker_answers.saving(answer, pipeline=wanted.pipeline.id, writer=writer)
    files = all(
        context.store.has_artifact(artifact.sha256, artifact.format)
        for artifact in _artifacts(saving)
    )
    return saving if files and context.store.has_contents(digests_of(saving)) else None


def _artifacts(saving: Saving) -> Iterator[Artifact]:
    return (entry for entry in saving.artifacts.values() if isinstance(entry, Artifact))


def digests_of(saving: Saving) -> Iterator[str]:
    """The contents that a saving speaks of."""
    yield from (digest for digest in (saving.rows, saving.truth) if digest)
    for outcome in saving.outputs.values():
        if isinstance(outcome, Returned) and outcome.digest:
            yield outcome.digest


def save_job(
    context: RunContext, environment: Environment, due: list[SaveWork], savings: Savings
) -> Job:
    """A job that saves in one environment what is due there; ``savings`` gets the answers."""
    folder = context.store.scratch()

    def on_answer(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        wanted = due[number]
        context.store.keep(wanted.key, answer, contents)
        saving = worker_answers.saving(answer, pipeline=wanted.pipeline.id, writer=environment.id)
        savings[environment.id, wanted.pipeline.id] = saving
        context.estimate.took(TASK, environment.id, answer.get("seconds", 0.0))
        context.progress.advance(stage=STAGE)

    return Job(
        label=f"{environment.spec.label} saves",
        request=context.request(environment, TASK, _pieces(due, folder)),
        on_answer=on_answer,
        on_start=lambda seconds: context.estimate.took(START, environment.id, seconds),
    )


def _pieces(due: Iterable[SaveWork], folder: Path) -> Iterator[PieceRequest]:
    for number, wanted in enumerate(due):
        yield {
            "id": number,
            "key": wanted.key,
            "pipeline": wanted.pipeline.id,
            "file": str(wanted.pipeline.file),
            "formats": list(wanted.pipeline.formats),
            "folder": str(folder / str(number)),
        }
