"""What every step of a run works with."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from matrix.catalog import Limits
from matrix.engine.annex import Piece, Request
from matrix.engine.estimate import Estimate
from matrix.engine.pool import Job, Pool
from matrix.model import Environment, Pipeline
from matrix.store import Store, keys

_COMMIT_SECONDS = 0.5


class Progress(Protocol):
    """Whoever shows how far a run is."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins, with so many things to do."""

    def advance(self, n: int = 1, under_way: str = "") -> None:
        """So many are done."""

    def note(self, text: str) -> None:
        """Something that is worth a line."""

    def estimate(self, seconds_left: float | None) -> None:
        """So long it will still take; None if nobody can tell."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What every step of a run works with."""

    pipelines: tuple[Pipeline, ...]
    environments: tuple[Environment, ...]
    limits: Limits
    store: Store
    progress: Progress
    estimate: Estimate
    slots: int
    """How many workers may run at once."""
    fresh: bool = False
    """Do everything again, whatever is kept."""
    _keys: dict[str, str] = field(default_factory=dict)
    _workers: list[str] = field(default_factory=list)

    @property
    def ready(self) -> tuple[Environment, ...]:
        """The environments that can be asked."""
        return tuple(environment for environment in self.environments if environment.ready)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The folders of the pipeline files."""
        return tuple(dict.fromkeys(pipeline.file.parent for pipeline in self.pipelines))

    @property
    def worked(self) -> bool:
        """Whether any worker has been started."""
        return bool(self._workers)

    def key(self, environment: Environment) -> str:
        """What results depend on of an environment."""
        if environment.id not in self._keys:
            assert environment.info is not None
            self._keys[environment.id] = keys.environment(environment.info)
        return self._keys[environment.id]

    def request(
        self,
        environment: Environment,
        task: str,
        pieces: Iterable[Piece],
        *,
        files: tuple[Path, ...] = (),
        paths: tuple[Path, ...] | None = None,
    ) -> Request:
        """What a worker in a ready environment is asked to do, under the run's limits.

        Args:
            environment: whose interpreter is to do it.
            task, pieces, files: as in :class:`~matrix.engine.annex.Request`.
            paths: folders to import from; None is those of the pipeline files.
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
        )

    def run(self, jobs: Iterable[Job]) -> None:
        """Run jobs to their end; what they finish is durable within half a second."""
        committed = time.monotonic()

        def on_turn(under_way: tuple[str, ...]) -> None:
            nonlocal committed
            if time.monotonic() - committed > _COMMIT_SECONDS:
                self.store.commit()
                committed = time.monotonic()
                self.progress.estimate(self.estimate.seconds_left())
            self.progress.advance(0, under_way=", ".join(under_way))

        pool = Pool(self.slots, self.store.scratch, on_turn)
        for job in jobs:
            if pool.submit(job):
                self._workers.append(job.label)
        try:
            pool.run()
        finally:
            self.store.commit()
