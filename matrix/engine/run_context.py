"""The context that all steps of a run share: environments, limits, store, progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from matrix import frameworks
from matrix.catalog import Catalog, WorkerLimits
from matrix.engine.estimate import START, Estimate
from matrix.engine.roles import saves
from matrix.engine.shards import readers
from matrix.executors import fork_servers
from matrix.executors.executor import Executor, RunHooks
from matrix.executors.fork_servers import ForkServers
from matrix.executors.jobs import Job, Jobs
from matrix.executors.local import LocalExecutor
from matrix.executors.worker_process import PieceRequest, Request
from matrix.model import Environment, OwnScript, Pipeline, Shard
from matrix.sandbox.kinds import Sandbox
from matrix.store import Store, keys
from matrix.store.worker_answers import WorkerAnswer

_COMMIT_SECONDS = 0.5


class ProgressListener(Protocol):
    """Shows the progress of a run."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Open a stage with a number of things to do; None if the number is unknown."""

    def more(self, name: str, pieces: int) -> None:
        """Add a number of things to do to a stage, which it opens or continues."""

    def advance(self, n: int = 1, under_way: str = "", *, stage: str | None = None) -> None:
        """Count finished things of the named stage, or else of the one opened last."""

    def note(self, text: str) -> None:
        """Show one line."""

    def estimate(self, seconds_left: float | None) -> None:
        """Show the remaining seconds; None if unknown."""


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """The context that all steps of a run share."""

    pipelines: tuple[Pipeline, ...]
    environments: tuple[Environment, ...]
    limits: WorkerLimits
    store: Store
    progress: ProgressListener
    estimate: Estimate
    slots: int
    """The number of workers that may run at once."""
    paths: tuple[Path, ...] = ()
    """Folders that workers import from, beside their environment."""
    main: OwnScript | None = None
    """The script that defines what models look up in ``__main__``."""
    fresh: bool = False
    """Whether stored results are ignored and computed again."""
    sandbox: Sandbox | None = None
    """The sandbox of the workers; None for files that the run itself has saved."""
    shard: Shard | None = None
    """The part of the readers that loads; None for all of them."""
    methods: tuple[str, ...] = ()
    """The only output methods that are compared; empty for all of them."""
    servers: ForkServers | None = None
    """Fork the workers that load users' models; None starts an interpreter for each."""
    executor: Executor | None = None
    """Where work runs; None for processes of this machine."""
    built: frozenset[str] | None = None
    """The ids of the ready environments that workers can run in; None for all of them. The others
    are ready on other machines, which have saved in them already."""
    taken_in: str = ""
    """The digest of what other machines have saved; empty if this run saves everything."""
    _keys: dict[str, str] = field(default_factory=dict)
    _workers: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        environments: tuple[Environment, ...],
        store: Store,
        *,
        progress: ProgressListener,
        slots: int,
        fresh: bool = False,
        executor: Executor | None = None,
        built: frozenset[str] | None = None,
        taken_in: str = "",
    ) -> RunContext:
        """The context of a run of a catalog's pipelines; workers import from their folders."""
        return cls(
            pipelines=catalog.pipelines,
            environments=environments,
            limits=catalog.limits,
            store=store,
            progress=progress,
            estimate=Estimate(store, slots),
            slots=slots,
            paths=tuple(dict.fromkeys(pipeline.file.parent for pipeline in catalog.pipelines)),
            fresh=fresh,
            shard=catalog.shard,
            executor=executor,
            built=built,
            taken_in=taken_in,
        )

    @property
    def shard_environments(self) -> tuple[Environment, ...]:
        """The environments that load in this shard, ready or not."""
        return readers(self.environments, self.shard)

    @property
    def readers(self) -> tuple[Environment, ...]:
        """The ready environments of this shard."""
        return tuple(environment for environment in self.shard_environments if environment.ready)

    @property
    def ready(self) -> tuple[Environment, ...]:
        """The ready environments."""
        return tuple(environment for environment in self.environments if environment.ready)

    @property
    def writers(self) -> tuple[Environment, ...]:
        """The ready environments that save."""
        return tuple(environment for environment in self.ready if saves(environment))

    @property
    def local(self) -> tuple[Environment, ...]:
        """The ready environments that workers can run in."""
        return tuple(one for one in self.ready if self.built is None or one.id in self.built)

    @property
    def local_writers(self) -> tuple[Environment, ...]:
        """The environments that save, and that workers can run in."""
        return tuple(environment for environment in self.local if saves(environment))

    @property
    def worked(self) -> bool:
        """Whether any worker has started."""
        return bool(self._workers)

    def key(self, environment: Environment) -> str:
        """The digest of everything in an environment that results depend on."""
        if environment.id not in self._keys:
            assert environment.info is not None
            self._keys[environment.id] = keys.environment(environment.info)
        return self._keys[environment.id]

    def request(
        self,
        environment: Environment,
        task: str,
        pieces: Iterable[PieceRequest],
        *,
        files: tuple[Path, ...] = (),
        paths: tuple[Path, ...] | None = None,
    ) -> Request:
        """Make the request to a worker in a ready environment, with the run's limits.

        Args:
            environment: the environment whose interpreter runs.
            task, pieces, files: as in :class:`~matrix.executors.worker_process.Request`.
            paths: folders to import from; None for those of the pipeline files.
        """
        assert environment.info is not None
        return Request(
            executable=environment.info.executable,
            task=task,
            paths=self.paths if paths is None else paths,
            pieces=tuple(pieces),
            files=files,
            seconds=self.limits.seconds,
            memory=self.limits.memory_mb * 1024 * 1024,
            sandbox=self.sandbox,
            main=self.main,
            variables=frameworks.variables(environment.info.packages),
            forks=fork_servers.supported(environment.info.python),
        )

    def timed_job(
        self,
        environment: Environment,
        task: str,
        pieces: Iterable[PieceRequest],
        *,
        label: str,
        stage: str,
        take: Callable[[int, WorkerAnswer, Mapping[str, bytes]], object],
        alone: bool = False,
    ) -> Job:
        """Make a job whose progress is shown, and whose times make the next estimates.

        Args:
            environment, task, pieces: as in :meth:`request`.
            label: what the job does, for progress.
            stage: of the progress, which advances with each answer.
            take: called with the number of each piece, its answer and the contents.
            alone: as in :class:`~matrix.executors.jobs.Job`.
        """

        def on_answer(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
            take(number, answer, contents)
            self.estimate.took(task, environment.id, answer.get("seconds", 0.0))
            self.progress.advance(stage=stage)

        return Job(
            label=label,
            request=self.request(environment, task, pieces),
            on_answer=on_answer,
            on_start=lambda seconds: self.estimate.took(START, environment.id, seconds),
            alone=alone,
        )

    def run(self, jobs: Iterable[Job | None]) -> None:
        """Run all jobs; finished results are durable within half a second."""
        committed = time.monotonic()

        def on_turn(under_way: tuple[str, ...]) -> None:
            nonlocal committed
            if time.monotonic() - committed > _COMMIT_SECONDS:
                self.store.commit()
                committed = time.monotonic()
                self.progress.estimate(self.estimate.seconds_left())
            self.progress.advance(0, under_way=", ".join(under_way))

        try:
            executor = self.executor or LocalExecutor(slots=self.slots, servers=self.servers)
            hooks = RunHooks(scratch=self.store.scratch, on_turn=on_turn, on_over=self.store.commit)
            executor.run(self._noted(jobs), hooks)
        finally:
            self.store.commit()

    def _noted(self, jobs: Iterable[Job | None]) -> Jobs:
        """Pass jobs on, and record the labels of those with work."""
        for job in jobs:
            if job is not None and job.request.pieces:
                self._workers.append(job.label)
            yield job
