"""Run jobs on the machines of a cluster, in chunks of pieces.

The cluster decides where a chunk runs, and tries it elsewhere if a machine is lost. What it gives
up is ``not-run``: a machine's death is never the model's fault. A machine that differs from this
one in what results depend on refuses, and gets no more chunks.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matrix.errors import CannotTellError
from matrix.executors.cluster import Cluster, ClusterTask, TaskState
from matrix.executors.executor import RunHooks
from matrix.executors.jobs import Job, Jobs
from matrix.executors.portable import TASKS, portable
from matrix.executors.worker_process import PieceRequest
from matrix.model import Ending, Environment

CHUNKS = {"save": 50, "load": 800, "evidence": 20}
"""The most pieces of a chunk, by task: a few seconds of work beside the second that an interpreter
takes to start."""

_AHEAD = 2
"""Chunks under way for each request that the cluster runs at once: some wait beside those that
run."""
_MOST_TRIES = 3
_POLL_SECONDS = 0.05
_LOOK_SECONDS = 2.0
_PATIENCE_SECONDS = 300.0
"""How long a cluster may be without machines: new ones may come in place of those that died."""


@dataclass(slots=True)
class _Chunk:
    job: Job
    pieces: tuple[PieceRequest, ...]
    tries: int = 0
    """How often it failed, other than by a refusal."""


class RemoteExecutor:
    """Runs jobs on a cluster.

    Args:
        cluster: its machines.
        environments: the ready environments of the run, as they were built on this machine.

    Raises:
        CannotTellError: the cluster has no machine.
    """

    def __init__(self, cluster: Cluster, environments: Collection[Environment]) -> None:
        self._cluster = cluster
        self._environments = {
            one.info.executable: one for one in environments if one.info is not None
        }
        self._refused: dict[str, str] = {}
        """Why a machine refuses, by its address."""
        self._machines: dict[str, int] = {}
        self._looked = 0.0
        self._seen = time.monotonic()
        """When there was a machine, at last."""
        self._again: deque[_Chunk] = deque()
        if not cluster.machines():
            raise CannotTellError(
                f"{cluster.name} has no worker", advice="Start one: dask worker ADDRESS"
            )
        self._look()
        self.slots = sum(self._machines.values())
        """How many requests the cluster runs at once."""

    def run(self, jobs: Jobs, hooks: RunHooks) -> None:
        """Run all jobs; return when every piece has an answer.

        Raises:
            CannotTellError: the cluster does not answer, or every machine refuses.
        """
        chunks = self._chunks(jobs)
        under_way: dict[ClusterTask, _Chunk] = {}
        try:
            while True:
                self._look()
                while len(under_way) < _AHEAD * max(sum(self._machines.values()), 1):
                    chunk = self._again.popleft() if self._again else next(chunks, None)
                    if chunk is None:
                        break
                    under_way[self._submit(chunk)] = chunk
                if not under_way:
                    return
                ended = [task for task in under_way if task.state is not TaskState.RUNNING]
                for task in ended:
                    self._over(task, under_way.pop(task))
                    hooks.on_over()
                hooks.on_turn(tuple({chunk.job.label: None for chunk in under_way.values()}))
                if not ended:
                    time.sleep(_POLL_SECONDS)
        finally:
            for task in under_way:
                task.cancel()

    # ----------------------------------------------------------------- machines

    def _look(self) -> None:
        """Look which machines there are now.

        Raises:
            CannotTellError: all of them refuse, or there has been none for long.
        """
        now = time.monotonic()
        if self._machines and now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        there = self._cluster.machines()
        self._machines = {name: slots for name, slots in there.items() if name not in self._refused}
        if there and not self._machines:
            reasons = "\n  ".join(f"{name}: {self._refused[name]}" for name in there)
            raise CannotTellError(
                f"no machine of {self._cluster.name} can run the work of this one",
                advice=f"{reasons}\n  Run on machines of one kind, with equal versions of this "
                "tool.",
            )
        if there:
            self._seen = now
        elif now - self._seen > _PATIENCE_SECONDS:
            raise CannotTellError(
                f"{self._cluster.name} has had no worker for {_PATIENCE_SECONDS:.0f} s",
                advice="Finished work is kept: run again when it has some.",
            )

    # ----------------------------------------------------------------- chunks

    def _chunks(self, jobs: Jobs) -> Iterator[_Chunk | None]:
        """The jobs in chunks; None if the next job depends on answers that have not arrived."""
        for job in jobs:
            if job is None:
                yield None
                continue
            yield from self._chunks_of(job)

    def _chunks_of(self, job: Job) -> Iterator[_Chunk]:
        pieces = job.request.pieces
        if not pieces:
            if job.request.files:
                yield _Chunk(job, ())
            return
        most = CHUNKS.get(job.request.task, len(pieces))
        number = -(-len(pieces) // most)
        size = -(-len(pieces) // number)
        for start in range(0, len(pieces), size):
            yield _Chunk(job, pieces[start : start + size])

    def _submit(self, chunk: _Chunk) -> ClusterTask:
        request = chunk.job.request
        assert request.task in TASKS, f"{request.task} does not run on other machines"
        environment = self._environments[request.executable]
        made = portable(request, environment, chunk.pieces, alone=chunk.job.alone)
        return self._cluster.submit(made, self._machines)

    # ----------------------------------------------------------------- answers

    def _over(self, task: ClusterTask, chunk: _Chunk) -> None:
        if task.state is TaskState.FINISHED:
            machine, found = task.result()
            if "refused" in found:
                self._refused[machine] = str(found["refused"])
                self._machines.pop(machine, None)
                self._looked = 0.0
                self._again.append(chunk)
            elif "failed" in found:
                self._failed(chunk, f"{machine}: {found['failed']}")
            else:
                self._answered(chunk, found)
        elif task.state is TaskState.LOST:
            self._failed(chunk, f"{self._cluster.name} lost it")
        elif task.state is TaskState.KILLED:
            self._killed(chunk, task.reason())
        else:
            raise CannotTellError(
                f"the machines of {self._cluster.name} cannot run the work: {task.reason()}",
                advice="Install the version of this tool that runs here on all of them.",
            )
        task.cancel()

    def _killed(self, chunk: _Chunk, reason: str) -> None:
        """Try the halves of a chunk, so that what kills machines costs its own piece alone."""
        middle = len(chunk.pieces) // 2
        if middle:
            for half in (chunk.pieces[:middle], chunk.pieces[middle:]):
                self._again.append(_Chunk(chunk.job, half))
        else:
            self._not_run(chunk, reason)

    def _failed(self, chunk: _Chunk, reason: str) -> None:
        """Try a chunk again, unless it has failed too often."""
        chunk.tries += 1
        if chunk.tries >= _MOST_TRIES:
            self._not_run(chunk, reason)
        else:
            self._again.append(chunk)

    def _not_run(self, chunk: _Chunk, reason: str) -> None:
        answer = {"ending": Ending.NOT_RUN.value, "reason": f"no machine finished it ({reason})"}
        for piece in chunk.pieces or ({"id": 0},):
            chunk.job.on_answer(int(str(piece["id"])), dict(answer), {})

    def _answered(self, chunk: _Chunk, found: Mapping[str, Any]) -> None:
        pieces = {int(piece["id"]): piece for piece in chunk.pieces} or {0: {"id": 0}}
        if found["started"] is not None:
            chunk.job.on_start(found["started"])
        for number, answer, contents, saved in found["answers"]:
            if number not in pieces or not _whole(answer, contents, saved):
                continue
            piece = pieces.pop(number)
            for name, data in saved.items():
                answer["artifacts"][name]["path"] = str(_written(piece, name, data))
            chunk.job.on_answer(number, answer, contents)
        if pieces:
            rest = replace(chunk, pieces=tuple(pieces.values()) if chunk.pieces else ())
            self._failed(rest, "some answers did not arrive, or arrived damaged")


def _whole(
    answer: Mapping[str, Any], contents: Mapping[str, bytes], saved: Mapping[str, bytes]
) -> bool:
    """Whether the contents and files of an answer have their digests."""
    files = {answer["artifacts"][name]["sha256"]: data for name, data in saved.items()}
    everything = [*contents.items(), *files.items()]
    return all(hashlib.sha256(data).hexdigest() == digest for digest, data in everything)


def _written(piece: PieceRequest, name: str, data: bytes) -> Path:
    """The path of a saved file, written where a worker of this machine would have."""
    folder = Path(piece["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    return path
