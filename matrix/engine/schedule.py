"""The order in which the jobs of a run start, so that no core waits while there is work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matrix.engine import loading, measuring, saving
from matrix.engine.estimate import START
from matrix.engine.evaluate import Evaluator, OnEvaluation
from matrix.engine.loading import LoadWork, loads
from matrix.engine.measuring import Measures, measure_jobs, measures_due
from matrix.engine.run_context import RunContext
from matrix.engine.saving import Savings, save_job, saves_due
from matrix.executors.jobs import Job, Jobs
from matrix.model import Environment, Pipeline

_WORTH_AN_INTERPRETER = 0.3
"""A reader may start before the last writers have ended if it can do this share of its work."""


class Schedule:
    """The saves, measurements and loads of a run.

    Writers start first, then the measuring of rows, then readers, each sorted by the length of
    their work, longest first. A reader can load a pipeline as soon as all writers have saved it, so
    that it loads equal files only once, and its rows are measured, so that its cells can be judged.
    While the last writers run, idle cores start readers of the pipelines that are complete.

    Args:
        context: the run's.
        savings: receives the answers of writers as they arrive.
        measures: receives the evidence of pipelines as it arrives.
        evaluator: of the run.
        on_evaluation: called with each evaluated load, as it ends.
    """

    def __init__(
        self,
        context: RunContext,
        savings: Savings,
        measures: Measures,
        evaluator: Evaluator,
        on_evaluation: OnEvaluation,
    ) -> None:
        self._context = context
        self._savings = savings
        self._measures = measures
        self._measuring: set[str] = set()
        self._evaluator = evaluator
        self._on_evaluation = on_evaluation
        self._begun: dict[str, _Begun] = {}

    def jobs(self) -> Jobs:
        """All jobs of saving, measuring and loading, in the order in which they start."""
        yield from self._saves()
        yield from self._measurements()
        early = iter(self._by_length(loading.TASK, {one.id: 1 for one in self._context.readers}))
        while not self._all_saved() or not self._all_measured():
            if self._all_saved():
                yield from self._measurements()
            there = self._complete()
            enough = len(there) >= _WORTH_AN_INTERPRETER * len(self._context.pipelines)
            reader = next(early, None) if enough else None
            yield None if reader is None else self._early(reader, there)
        yield from self._loads()

    @property
    def _ready(self) -> tuple[Environment, ...]:
        return self._context.local

    # ----------------------------------------------------------------- saving

    def _saves(self) -> Jobs:
        context = self._context
        due = {one.id: saves_due(context, one, self._savings) for one in context.local_writers}
        total = sum(map(len, due.values()))
        context.progress.stage(saving.STAGE, total)
        pieces = len(context.writers) * sum(len(pipeline.formats) for pipeline in context.pipelines)
        for one in self._ready if total else ():
            loads = one in context.readers
            saves = len(due.get(one.id, ()))
            context.estimate.expect(START, one.id, loads + bool(saves))
            context.estimate.expect(saving.TASK, one.id, saves)
            # As many loads as there can be, until the savings are known.
            context.estimate.expect(loading.TASK, one.id, pieces if loads else 0)
        lengths = {name: len(pieces) for name, pieces in due.items()}
        for one in self._by_length(saving.TASK, lengths):
            yield save_job(context, one, due.pop(one.id), self._savings)

    def _all_saved(self) -> bool:
        return len(self._savings) == len(self._context.writers) * len(self._context.pipelines)

    def _complete(self) -> list[Pipeline]:
        """The pipelines that every writer has answered, and whose rows are measured."""
        return [
            pipeline
            for pipeline in self._context.pipelines
            if pipeline.id in self._measures.done
            and all((writer.id, pipeline.id) in self._savings for writer in self._context.writers)
        ]

    # ----------------------------------------------------------------- measuring

    def _measurements(self) -> Jobs:
        """The measurements that can start now."""
        context = self._context
        due = measures_due(context, self._savings, self._measures, self._measuring)
        self._measuring.update(work.pipeline.id for work in due)
        if due:
            context.progress.stage(measuring.STAGE, len(self._measuring))
        for one in {work.environment.id for work in due}:
            pieces = sum(work.environment.id == one for work in due)
            context.estimate.expect(measuring.TASK, one, pieces)
        yield from measure_jobs(context, due, self._measures)

    def _all_measured(self) -> bool:
        return len(self._measures.done) == len(self._context.pipelines)

    # ----------------------------------------------------------------- loading

    def _early(self, reader: Environment, pipelines: list[Pipeline]) -> Job:
        self._context.progress.stage(loading.STAGE)
        there = loads(self._context, self._savings, pipelines)
        due = self._evaluator.due(reader, there, self._on_evaluation)
        begun = frozenset(pipeline.id for pipeline in pipelines)
        self._begun[reader.id] = _Begun(begun, len(due))
        return self._evaluator.job(reader, due, self._on_evaluation)

    def _loads(self) -> Jobs:
        due = self._loads_due()
        lengths = {name: len(pieces) for name, pieces in due.items()}
        for reader in self._by_length(loading.TASK, lengths):
            yield self._evaluator.job(reader, due.pop(reader.id), self._on_evaluation)

    def _loads_due(self) -> dict[str, list[LoadWork]]:
        """The remaining loads of each reader; the lists share their entries."""
        context = self._context
        every = loads(context, self._savings, context.pipelines)
        due = {}
        total = 0
        for reader in context.readers:
            begun = self._begun.get(reader.id, _Begun())
            rest = (load for load in every if load.pipeline.id not in begun.pipelines)
            due[reader.id] = self._evaluator.due(reader, rest, self._on_evaluation)
            pieces = len(due[reader.id]) + begun.pieces
            context.estimate.expect(loading.TASK, reader.id, pieces)
            total += pieces
        context.progress.stage(loading.STAGE, total)
        return due

    def _by_length(self, task: str, pieces: Mapping[str, int]) -> list[Environment]:
        """The environments, the one with the longest work first; unchanged if unknown."""
        estimate = self._context.estimate
        environments = [one for one in self._ready if one.id in pieces]
        return sorted(
            environments, key=lambda one: -(estimate.seconds(task, one.id, pieces[one.id]) or 0.0)
        )


@dataclass(frozen=True, slots=True)
class _Begun:
    """The loads that a reader started before all writers had ended."""

    pipelines: frozenset[str] = frozenset()
    pieces: int = 0
