"""Measure how much the rows of each pipeline would notice, once, in its newest writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from packaging.version import Version

from matrix.engine.run_context import RunContext
from matrix.engine.saving import Savings
from matrix.executors.jobs import Job
from matrix.executors.worker_process import PieceRequest
from matrix.model import Artifact, Environment, Evidence, Pipeline, Saving
from matrix.store import keys, worker_answers
from matrix.store.worker_answers import WorkerAnswer
from matrix.worker.compat_worker.formats import FORMATS

TASK = "evidence"
STAGE = "measuring rows"


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureWork:
    """The rows of one pipeline, with the file that they are measured on."""

    pipeline: Pipeline
    artifact: Artifact
    saving: Saving
    environment: Environment
    """The newest one that saved the pipeline."""
    key: str


@dataclass(slots=True)
class Measures:
    """What is known of the evidence of pipelines; it grows during a run."""

    evidence: dict[str, Evidence] = field(default_factory=dict)
    """By pipeline."""
    done: set[str] = field(default_factory=set)
    """Pipelines whose evidence is known, or cannot be measured."""
    answered: set[str] = field(default_factory=set)
    """Pipelines that a worker has measured to the end, with evidence or without."""
    settled: bool = True
    """False if a worker ended while it measured, which may be the fault of the machine."""

    @classmethod
    def of(cls, known: Mapping[str, Evidence | None]) -> Measures:
        """Start with what is known of some pipelines; None of those that cannot be measured."""
        evidence = {name: one for name, one in known.items() if one is not None}
        return cls(evidence=evidence, done=set(known))


def newest_first(context: RunContext) -> list[Environment]:
    """The environments that save here, that with the newest scikit-learn first."""

    def release(environment: Environment) -> Version:
        packages = {} if environment.info is None else environment.info.packages
        return Version(packages.get("scikit-learn", "0"))

    return sorted(context.local_writers, key=release, reverse=True)


def measures_due(
    context: RunContext, savings: Savings, measures: Measures, begun: Set[str] = frozenset()
) -> list[MeasureWork]:
    """What can be measured now; stored evidence goes into ``measures``.

    Args:
        context: the run's.
        savings: the answers of writers so far.
        measures: what is known already.
        begun: pipelines that are being measured.
    """
    due = []
    newest = newest_first(context)
    for pipeline in context.pipelines:
        if pipeline.id in measures.done or pipeline.id in begun:
            continue
        known, work = _work(context, newest, savings, pipeline)
        if work is None:
            measures.done.update([pipeline.id] if known else [])
            continue
        kept = None if context.fresh else context.store.answer(work.key)
        if kept is None:
            due.append(work)
        else:
            _take(measures, pipeline, kept)
    return due


def measured_in(context: RunContext, savings: Savings) -> dict[str, str]:
    """The environment in which the rows of each pipeline are measured, as far as it is known.

    Args:
        context: the run's.
        savings: the answers of writers so far.

    Returns:
        The id of the environment by pipeline.
    """
    newest = newest_first(context)
    found = {one.id: _work(context, newest, savings, one)[1] for one in context.pipelines}
    return {name: work.environment.id for name, work in found.items() if work is not None}


def _work(
    context: RunContext, newest: list[Environment], savings: Savings, pipeline: Pipeline
) -> tuple[bool, MeasureWork | None]:
    """Whether it is known which environment is the newest that saved a pipeline, and the work."""
    for environment in newest:
        saving = savings.get((environment.id, pipeline.id))
        if saving is None:
            return False, None
        for name in pipeline.formats:
            artifact = saving.artifacts.get(name)
            if isinstance(artifact, Artifact) and not FORMATS[name].methods:
                loaded = keys.loaded(pipeline, artifact, saving)
                key = keys.measuring(loaded, context.key(environment))
                return True, MeasureWork(
                    pipeline=pipeline,
                    artifact=artifact,
                    saving=saving,
                    environment=environment,
                    key=key,
                )
    return True, None


def _take(measures: Measures, pipeline: Pipeline, answer: WorkerAnswer) -> None:
    measures.done.add(pipeline.id)
    if "ending" in answer:
        measures.settled = False
    else:
        measures.answered.add(pipeline.id)
    found = worker_answers.measured(answer)
    if found is not None:
        measures.evidence[pipeline.id] = found


def measure_jobs(context: RunContext, due: list[MeasureWork], measures: Measures) -> Iterator[Job]:
    """Jobs that measure, spread over all slots; ``measures`` gets the answers."""
    by_environment: dict[str, list[MeasureWork]] = {}
    for work in due:
        by_environment.setdefault(work.environment.id, []).append(work)
    for works in by_environment.values():
        n_jobs = min(context.slots, -(-len(works) // _WORTH_AN_INTERPRETER))
        for start in range(n_jobs):
            yield _job(context, works[start::n_jobs], measures)


_WORTH_AN_INTERPRETER = 20
"""An interpreter is started for this many pipelines, at least, if there are as many."""


def _job(context: RunContext, due: list[MeasureWork], measures: Measures) -> Job:
    environment = due[0].environment

    def take(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        work = due[number]
        context.store.keep(work.key, answer, contents)
        _take(measures, work.pipeline, answer)

    label = f"{environment.spec.label} measures rows"
    pieces = _pieces(context, due)
    return context.timed_job(environment, TASK, pieces, label=label, stage=STAGE, take=take)


def _pieces(context: RunContext, due: list[MeasureWork]) -> Iterator[PieceRequest]:
    for number, work in enumerate(due):
        yield {
            "id": number,
            "key": work.key,
            "format": work.artifact.format,
            "path": str(context.store.artifact(work.artifact.sha256, work.artifact.format)),
            "rows": str(context.store.rows_file(work.saving.rows)),
            "rows_by_source": dict(work.saving.rows_by_source),
            "origin_seconds": work.saving.seconds,
        }
