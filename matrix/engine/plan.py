"""Plan a run: the environments to build, the pieces of work to do, and the estimated time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from matrix.catalog import Catalog
from matrix.engine import last_run, loading, roles, saving
from matrix.engine.estimate import BUILD, START
from matrix.engine.loading import LoadWork, loads, loads_due
from matrix.engine.measuring import measured_in
from matrix.engine.run_context import RunContext
from matrix.engine.saving import Savings, saves_due
from matrix.engine.shards import digest
from matrix.engine.shares import Division, by_position, divide, write_division
from matrix.model import Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """Numbers of pieces of work: those to do, and those whose results are stored."""

    due: int = 0
    kept: int = 0

    @property
    def total(self) -> int:
        return self.due + self.kept

    def __add__(self, other: Work) -> Work:
        return Work(due=self.due + other.due, kept=self.kept + other.kept)


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentWork:
    """The work of a run in one environment."""

    environment: Environment
    saves: Work = field(default_factory=Work)
    loads: Work = field(default_factory=Work)
    seconds: float | None = None
    """About how long all its work takes, kept or not; None without a history of such work."""

    @property
    def build(self) -> bool:
        """Whether the environment must be built first."""
        return not self.environment.ready and not self.environment.reason

    @property
    def idle(self) -> bool:
        """Whether it has no work."""
        return not (self.build or self.saves.due or self.loads.due)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The work of a run."""

    shares: tuple[EnvironmentWork, ...]
    """The share of each environment, in the order of the configuration."""
    seconds: float | None
    """The estimated seconds; None without a history of such work."""
    digest: str = ""
    """The digest that all shards of one plan share."""
    measured_in: Mapping[str, str] = field(default_factory=dict)
    """The environment in which the rows of each pipeline are measured, as far as it is known."""

    @property
    def saves(self) -> Work:
        return sum((share.saves for share in self.shares), Work())

    @property
    def loads(self) -> Work:
        return sum((share.loads for share in self.shares), Work())


def plan(context: RunContext, catalog: Catalog) -> Plan:
    """Plan a run without building an environment or starting a worker.

    An environment that is not built yet counts with all work that it could do, and a file
    that is yet to be saved as one to load in every reader, although some may turn out to be alike.

    Args:
        context: the run's; environments that are to be built have neither info nor reason.
        catalog: what the run is of.
    """
    if last_run.unchanged(context, catalog, None) is not None:
        return _nothing(context, catalog)
    savings: Savings = {}
    saves = {one.id: _saves(context, one, savings) for one in context.environments}
    to_come = [
        name
        for writer in context.environments
        if _counts(writer) and roles.saves(writer)
        for pipeline in context.pipelines
        if (writer.id, pipeline.id) not in savings
        for name in pipeline.formats
    ]
    files = loads(context, savings, context.pipelines)
    shares = []
    for one in context.environments:
        there = [file for file in files if roles.loads_format(one, file.artifact.format)]
        due = len(there)
        if one.ready:
            due = len(loads_due(context, one, there, lambda *_: None))
        later = sum(roles.loads_format(one, name) for name in to_come)
        loading_ = _counts(one) and one in context.shard_environments
        work = Work(due=due + later, kept=len(there) - due) if loading_ else Work()
        shares.append(_share(context, one, saves[one.id], work))
    return Plan(
        shares=tuple(shares),
        seconds=_seconds(context, shares),
        digest=digest(catalog, context.environments),
        measured_in=measured_in(context, savings),
    )


_GROUPS = 4


def divided(
    plan: Plan, groups: int | None = None, folder: Path | None = None
) -> tuple[tuple[str, ...], ...]:
    """Divide the environments of a plan among shards.

    Args:
        plan: what a run would do.
        groups: the number of shards, at most one per environment; None means four.
        folder: of ``--artifacts``. The division is by measured times, and is written there for the
            shards. None for every n-th environment, which each shard knows by itself.

    Returns:
        The ids of the environments of each shard.

    Raises:
        StoreError: the folder cannot be written.
    """
    environments = [share.environment for share in plan.shares]
    count = max(min(groups or _GROUPS, len(environments)), 1)
    if folder is None:
        return by_position(environments, count)
    seconds = {share.environment.id: share.seconds for share in plan.shares if share.seconds}
    if len(seconds) == len(environments):
        shares = divide(seconds, count)
    else:
        shares = by_position(environments, count)
    write_division(folder, plan.digest, Division(shares=shares, measured_in=plan.measured_in))
    return shares


def _nothing(context: RunContext, catalog: Catalog) -> Plan:
    """The plan of a run that shows the last table again."""
    savings: Savings = {}
    saves = {one.id: _saves(context, one, savings) for one in context.environments}
    files = loads(context, savings, context.pipelines)
    shares = tuple(
        _share(
            context,
            one,
            Work(kept=saves[one.id].kept),
            Work(kept=_loaded(one, files) if one in context.readers else 0),
        )
        for one in context.environments
    )
    return Plan(
        shares=shares,
        seconds=0.0,
        digest=digest(catalog, context.environments),
        measured_in=measured_in(context, savings),
    )


def _loaded(environment: Environment, files: list[LoadWork]) -> int:
    return sum(roles.loads_format(environment, file.artifact.format) for file in files)


def _counts(environment: Environment) -> bool:
    """Whether an environment exists, or can be built."""
    return environment.ready or not environment.reason


def _saves(context: RunContext, environment: Environment, savings: Savings) -> Work:
    if not (_counts(environment) and roles.saves(environment)):
        return Work()
    due = len(context.pipelines)
    if environment.ready:
        due = len(saves_due(context, environment, savings))
    return Work(due=due, kept=len(context.pipelines) - due)


def _share(context: RunContext, one: Environment, saves: Work, loads: Work) -> EnvironmentWork:
    """The work in an environment, with the time that it takes."""
    parts = [
        context.estimate.seconds(START, one.id, bool(saves.total) + bool(loads.total)),
        context.estimate.seconds(saving.TASK, one.id, saves.total),
        context.estimate.seconds(loading.TASK, one.id, loads.total),
    ]
    known = [part for part in parts if part is not None]
    seconds = max(sum(known), _NO_WORK) if len(known) == len(parts) else None
    return EnvironmentWork(environment=one, saves=saves, loads=loads, seconds=seconds)


_NO_WORK = 0.001
"""Seconds of an environment without work, which belongs to a shard like all others."""


def _seconds(context: RunContext, shares: list[EnvironmentWork]) -> float | None:
    estimate = context.estimate
    estimate.expect(BUILD, "", sum(share.build for share in shares))
    for share in shares:
        expected: Mapping[str, int] = {
            START: bool(share.saves.due) + bool(share.loads.due),
            saving.TASK: share.saves.due,
            loading.TASK: share.loads.due,
        }
        for task, pieces in expected.items():
            estimate.expect(task, share.environment.id, pieces)
    return estimate.seconds_left()
