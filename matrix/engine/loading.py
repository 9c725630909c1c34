"""Each reader loads every artifact and calls every output method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from matrix.engine.roles import loads_format
from matrix.engine.run_context import RunContext
from matrix.engine.saving import Savings
from matrix.executors.jobs import Job
from matrix.executors.worker_process import PieceRequest
from matrix.model import (
    Artifact,
    Environment,
    Observation,
    Outcome,
    Pipeline,
    Returned,
    Saving,
)
from matrix.store import keys, worker_answers
from matrix.store.worker_answers import WorkerAnswer
from matrix.worker.compat_worker.formats import READABLE

TASK = "load"
STAGE = "loading"

OnObservation = Callable[[Saving, str, Environment, Observation], None]
"""Called with a saving, a format, the reader and what it observed."""


@dataclass(slots=True)
class LoadWork:
    """One file for every reader to load; writers that saved the same bytes share it."""

    pipeline: Pipeline
    artifact: Artifact
    digest: str
    """The digest of everything that its result depends on, except for the reader."""
    savings: list[Saving] = field(default_factory=list)
    allowed: tuple[tuple[str, str], ...] | None = None
    """All that the file may look up, as modules and names in them; None for the run's own files."""


def loads(context: RunContext, savings: Savings, pipelines: Iterable[Pipeline]) -> list[LoadWork]:
    """All files of some pipelines that writers have saved so far."""
    found: dict[str, LoadWork] = {}
    for pipeline in pipelines:
        for writer in context.writers:
            saving = savings.get((writer.id, pipeline.id))
            for artifact in () if saving is None else saving.artifacts.values():
                if saving is None or not isinstance(artifact, Artifact):
                    continue
                digest = keys.loaded(pipeline, artifact, saving)
                found.setdefault(digest, LoadWork(pipeline, artifact, digest)).savings.append(
                    saving
                )
    return list(found.values())


def loads_due(
    context: RunContext,
    reader: Environment,
    loads: Iterable[LoadWork],
    on_observation: OnObservation,
) -> list[LoadWork]:
    """The loads that a reader must still do; stored observations of the others are reported.

    Files in formats that the reader does not run are left out.
    """
    due = []
    for load in loads:
        if not loads_format(reader, load.artifact.format):
            continue
        kept = None if context.fresh else _kept(context, reader, load)
        if kept is None:
            due.append(load)
            continue
        for saving in load.savings:
            on_observation(saving, load.artifact.format, reader, kept)
    return due


def _kept(context: RunContext, reader: Environment, load: LoadWork) -> Observation | None:
    """The stored observation of an earlier load, if it is complete."""
    answer = context.store.answer(keys.loading(load.digest, context.key(reader)))
    if answer is None:
        return None
    observation = worker_answers.observation(answer, cached=True)
    own = {} if observation.own is None else observation.own.outputs
    outcomes = [*observation.outputs.values(), *observation.repeats.values(), *own.values()]
    digests = (
        outcome.digest for outcome in outcomes if isinstance(outcome, Returned) and outcome.digest
    )
    return observation if context.store.has_contents(digests) else None


def load_job(
    context: RunContext, reader: Environment, due: list[LoadWork], on_observation: OnObservation
) -> Job:
    """A job that does loads in one reader, and reports each observation when it arrives."""

    def take(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        load = due[number]
        context.store.keep(keys.loading(load.digest, context.key(reader)), answer, contents)
        observation = worker_answers.observation(answer)
        for saving in load.savings:
            on_observation(saving, load.artifact.format, reader, observation)

    pieces = (_piece(context, reader, number, load) for number, load in enumerate(due))
    place = reader.spec.label
    return context.timed_job(
        reader,
        TASK,
        pieces,
        label=f"{due[0].pipeline.id} in {place}" if len(due) == 1 else f"{place} loads",
        stage=STAGE,
        take=take,
        alone=context.sandbox is not None,  # a user's model gets no second try
    )


def _piece(context: RunContext, reader: Environment, number: int, load: LoadWork) -> PieceRequest:
    saving, artifact = load.savings[0], load.artifact
    return {
        "id": number,
        "key": keys.loading(load.digest, context.key(reader)),
        "format": artifact.format,
        "path": str(context.store.artifact(artifact.sha256, artifact.format)),
        "part": artifact.part,
        "rows": str(context.store.rows_file(saving.rows)),
        "source": str(context.store.rows_file(saving.source)) if saving.source else None,
        "known": _methods(artifact.format, known_outputs(saving.outputs)),
        "own": _methods(artifact.format, known_outputs((saving.own or saving).outputs)),
        "only": saving.only,
        "allowed": load.allowed,
        "origin_seconds": saving.seconds,
    }


def _methods(format_name: str, known: dict[str, str | None]) -> dict[str, str | None]:
    """The recorded outputs of the methods that files of a format have."""
    methods = READABLE[format_name].methods
    if not methods:
        return known
    return {name: digest for name, digest in known.items() if name in methods and digest}


def known_outputs(outputs: Mapping[str, Outcome]) -> dict[str, str | None]:
    """The digest of the recorded output of each method; None if the method did not return."""
    return {
        name: outcome.digest if isinstance(outcome, Returned) else None
        for name, outcome in outputs.items()
    }
