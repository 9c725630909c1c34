"""The first stage of shards that exchange files: save and measure the part of one shard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from matrix.engine import measuring, saving
from matrix.engine.estimate import START
from matrix.engine.measuring import Measures, measure_jobs, measures_due
from matrix.engine.run_context import RunContext
from matrix.engine.saved_share import SavedShare, answer_of, slice_of
from matrix.engine.saving import SaveWork, Savings, save_job, saves_due
from matrix.executors.jobs import Jobs
from matrix.model import Environment, Pipeline, Shard
from matrix.store import keys


def save_share(
    context: RunContext,
    shard: Shard,
    newest: Environment | None,
    measured_in: Mapping[str, str],
) -> SavedShare:
    """Save in the environments that are ready on this machine, and measure a part of the rows.

    Args:
        context: only the environments of this shard, and the newest one, are ready.
        shard: the part that is saved.
        newest: the environment that all shards share, in which rows are measured; None if it
            cannot be built.
        measured_in: the environment in which an earlier run measured each pipeline.
    """
    stage = _SaveStage(context, shard, newest, measured_in)
    context.run(stage.jobs())
    context.estimate.keep()
    return stage.share()


class _SaveStage:
    def __init__(
        self,
        context: RunContext,
        shard: Shard,
        newest: Environment | None,
        measured_in: Mapping[str, str],
    ) -> None:
        self._context = context
        self._newest = newest
        self._part = slice_of(context.pipelines, shard)
        self._measured_in = measured_in
        self._savings: Savings = {}
        self._measures = {one.id: Measures() for one in context.writers}

    def jobs(self) -> Jobs:
        """All saves, the newest environment and the longest work first; then all measurements."""
        context = self._context
        due = {one.id: self._saves_due(one) for one in context.writers}
        context.progress.stage(saving.STAGE, sum(map(len, due.values())))
        for name, works in due.items():
            context.estimate.expect(START, name, bool(works))
            context.estimate.expect(saving.TASK, name, len(works))

        def seconds(one: Environment) -> float:
            return context.estimate.seconds(saving.TASK, one.id, len(due[one.id])) or 0.0

        # The measurements wait for the newest one.
        order = sorted(context.writers, key=lambda one: (one is not self._newest, -seconds(one)))
        for one in order:
            yield save_job(context, one, due[one.id], self._savings)
        for one in order:
            yield from self._measurements(one)

    def _saves_due(self, environment: Environment) -> list[SaveWork]:
        context = self._context
        if environment is self._newest:
            context = replace(context, pipelines=self._part)
        return saves_due(context, environment, self._savings)

    def _measurements(self, environment: Environment) -> Jobs:
        pipelines = self._measured_here(environment)
        while any((environment.id, one.id) not in self._savings for one in pipelines):
            yield None
        context = replace(
            self._context, environments=(environment,), pipelines=pipelines, shard=None
        )
        measures = self._measures[environment.id]
        due = measures_due(context, self._savings, measures)
        if due:
            context.progress.more(measuring.STAGE, len(due))
        yield from measure_jobs(context, due, measures)

    def _measured_here(self, environment: Environment) -> tuple[Pipeline, ...]:
        """The pipelines whose rows are measured in an environment."""
        if environment is self._newest:
            return self._part
        return tuple(
            one
            for one in self._context.pipelines
            if self._measured_in.get(one.id) == environment.id
        )

    def share(self) -> SavedShare:
        """What was saved and measured."""
        context = self._context
        pipelines = {one.id: one for one in context.pipelines}
        keys_by_environment = {one.id: context.key(one) for one in context.writers}
        return SavedShare(
            environments={
                one.id: one for one in context.environments if one.info is not None or one.reason
            },
            answers={
                (writer, name): answer_of(
                    context.store, keys.saving(pipelines[name], keys_by_environment[writer]), saved
                )
                for (writer, name), saved in sorted(self._savings.items())
            },
            evidence={
                name: measures.evidence.get(name)
                for measures in self._measures.values()
                for name in sorted(measures.answered)
            },
            measured_in={
                name: environment
                for environment, measures in self._measures.items()
                for name in measures.answered
            },
        )
