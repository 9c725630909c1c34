"""Run many requests on a few cores; a crash affects only the piece of work that caused it.

If a worker dies or hangs, the piece under way is tried once more, alone in a new interpreter. If
that fails too, the piece is ``crashed`` or ``timed-out``, or ``not-run`` if the machine failed. The
pieces after it continue in another new interpreter. If a worker ends before it begins a piece, its
whole job is tried once more.

A job is created only when a slot is free: the memory of all jobs together grows with the square of
the number of environments.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from matrix.executors.fork_servers import ForkServers
from matrix.executors.jobs import Job, Jobs
from matrix.executors.worker_process import Answered, Ended, Started, Worker
from matrix.model import Ending

_POLL_SECONDS = 0.02
_FORKED_POLL_SECONDS = 0.1
"""The answers of forked workers are taken when they have ended; until then only limits count."""


@dataclass(slots=True)
class _Running:
    job: Job
    worker: Worker
    answered: set[int]


class Pool:
    """Runs jobs in parallel.

    Args:
        slots: the number of workers that may run at once.
        scratch: creates an empty folder for a worker.
        on_turn: called at every turn of the loop with the labels of the running jobs.
        on_over: called when a worker has ended, before the folder with its answers is removed.
        servers: fork the workers, where they can; None starts an interpreter for each.
    """

    def __init__(
        self,
        slots: int,
        scratch: Callable[[], Path],
        on_turn: Callable[[tuple[str, ...]], None] = lambda _: None,
        on_over: Callable[[], None] = lambda: None,
        servers: ForkServers | None = None,
    ) -> None:
        self._slots = slots
        self._scratch = scratch
        self._on_turn = on_turn
        self._on_over = on_over
        self._servers = servers
        self._again: deque[Job] = deque()
        self._running: list[_Running] = []

    def run(self, jobs: Jobs) -> None:
        """Run all jobs; return when every piece has an answer.

        If an exception ends it early, all workers are ended. Their folders stay, with the answers
        that they finished.
        """
        try:
            while self._start(jobs):
                busy = self._turn()
                self._on_turn(tuple(running.job.label for running in self._running))
                if not busy:
                    self._pause()
        finally:
            for running in self._running:
                running.worker.end()
            self._running.clear()

    def _pause(self) -> None:
        """Wait a moment: where all workers are forked, until one of them has started or ended."""
        if self._servers is not None and all(one.worker.forked for one in self._running):
            self._servers.wait(_FORKED_POLL_SECONDS)
        else:
            time.sleep(_POLL_SECONDS)

    def _start(self, jobs: Jobs) -> bool:
        """Start jobs in all free slots; return whether any job is running."""
        while sum(not running.job.waits for running in self._running) < self._slots:
            job = self._again.popleft() if self._again else next(jobs, None)
            if job is None:
                break
            if job.request.pieces or job.request.files:
                worker = Worker(job.request, self._scratch(), self._servers)
                self._running.append(_Running(job, worker, set()))
        return bool(self._running)

    def _turn(self) -> bool:
        """Process the events of all workers; return whether there were any."""
        busy = False
        for running in list(self._running):
            for event in running.worker.poll():
                busy = True
                if isinstance(event, Started):
                    running.job.on_start(event.seconds)
                elif isinstance(event, Answered):
                    running.answered.add(event.piece)
                    running.job.on_answer(event.piece, event.answer, event.contents)
                else:
                    self._over(running, event)
        return busy

    def _over(self, running: _Running, ended: Ended) -> None:
        self._running.remove(running)
        self._on_over()
        running.worker.close()
        if ended.complete:
            return
        job = running.job
        left = tuple(piece for piece in job.request.pieces if piece["id"] not in running.answered)
        if ended.piece is None:
            self._not_begun(job, left, ended, progressed=bool(running.answered))
            return
        rest = tuple(piece for piece in left if piece["id"] != ended.piece)
        self._again.append(_with(job, rest, alone=False))
        if job.alone:
            answer = {"ending": ended.ending.value, "reason": ended.reason}
            job.on_answer(ended.piece, answer, {})
        else:
            ended_piece = tuple(piece for piece in left if piece["id"] == ended.piece)
            self._again.append(_with(job, ended_piece, alone=True))

    def _not_begun(
        self, job: Job, left: tuple[dict[str, object], ...], ended: Ended, *, progressed: bool
    ) -> None:
        if progressed or not job.restarted:
            self._again.append(replace(_with(job, left, alone=job.alone), restarted=True))
            return
        reason = f"the worker did not start ({ended.reason})"
        for piece in left or ({"id": 0},):
            answer = {"ending": Ending.NOT_RUN.value, "reason": reason}
            job.on_answer(int(str(piece["id"])), answer, {})


def _with(job: Job, pieces: tuple[dict[str, object], ...], *, alone: bool) -> Job:
    return replace(job, request=replace(job.request, pieces=pieces), alone=alone)
