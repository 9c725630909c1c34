"""Run many requests on a few cores; a fault costs its own piece of work and nothing else.

A worker that dies or hangs takes the piece under way with it. That piece is tried once more, alone
in an interpreter of its own; only then is it ``crashed`` or ``timed-out``. The pieces after it go
on in a new interpreter. A worker that ends before it begins a piece is tried once more as a whole.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from matrix.engine.annex import Answered, Ended, Request, Worker
from matrix.model import Ending
from matrix.store.answers import Answer

OnAnswer = Callable[[int, Answer, Mapping[str, bytes]], None]
"""Called with a piece's id, its answer and the contents that the answer speaks of."""

_POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A request with what is to be done with its answers."""

    label: str
    """What is under way, for the progress shown."""
    request: Request
    on_answer: OnAnswer
    alone: bool = False
    """Its one piece has cost an interpreter before."""
    restarted: bool = False
    """It has ended once without beginning a piece."""


@dataclass(slots=True)
class _Running:
    job: Job
    worker: Worker
    answered: set[int]


class Pool:
    """Runs jobs, so many at a time.

    Args:
        slots: how many workers may run at once.
        scratch: gives a new empty folder for a worker.
        on_turn: called at every turn of the loop with the labels of what is under way.
    """

    def __init__(
        self,
        slots: int,
        scratch: Callable[[], Path],
        on_turn: Callable[[tuple[str, ...]], None] = lambda _: None,
    ) -> None:
        self._slots = slots
        self._scratch = scratch
        self._on_turn = on_turn
        self._waiting: deque[Job] = deque()
        self._running: list[_Running] = []

    def submit(self, job: Job) -> bool:
        """Add a job; False for one without pieces, which is done already."""
        if not job.request.pieces and not job.request.files:
            return False
        self._waiting.append(job)
        return True

    def run(self) -> None:
        """Return when every piece of every job has an answer.

        Whatever ends it early, no worker is left behind.
        """
        try:
            while self._waiting or self._running:
                self._start()
                busy = self._turn()
                self._on_turn(tuple(running.job.label for running in self._running))
                if not busy:
                    time.sleep(_POLL_SECONDS)
        finally:
            for running in self._running:
                running.worker.close()
            self._running.clear()

    def _start(self) -> None:
        while self._waiting and len(self._running) < self._slots:
            job = self._waiting.popleft()
            self._running.append(_Running(job, Worker(job.request, self._scratch()), set()))

    def _turn(self) -> bool:
        """Take in what all workers have written; whether there was anything."""
        busy = False
        for running in list(self._running):
            for event in running.worker.poll():
                busy = True
                if isinstance(event, Answered):
                    running.answered.add(event.piece)
                    running.job.on_answer(event.piece, event.answer, event.contents)
                else:
                    self._over(running, event)
        return busy

    def _over(self, running: _Running, ended: Ended) -> None:
        self._running.remove(running)
        running.worker.close()
        if ended.complete:
            return
        job = running.job
        left = tuple(piece for piece in job.request.pieces if piece["id"] not in running.answered)
        if ended.piece is None:
            self._not_begun(job, left, ended, progressed=bool(running.answered))
            return
        rest = tuple(piece for piece in left if piece["id"] != ended.piece)
        self.submit(_with(job, rest, alone=False))
        if job.alone:
            ending = Ending.TIMED_OUT if ended.stopped else Ending.CRASHED
            job.on_answer(ended.piece, {"ending": ending.value, "reason": ended.reason}, {})
        else:
            guilty = tuple(piece for piece in left if piece["id"] == ended.piece)
            self.submit(_with(job, guilty, alone=True))

    def _not_begun(
        self, job: Job, left: tuple[dict[str, object], ...], ended: Ended, *, progressed: bool
    ) -> None:
        if progressed or not job.restarted:
            self._waiting.append(replace(_with(job, left, alone=job.alone), restarted=True))
            return
        reason = f"the worker did not start ({ended.reason})"
        for piece in left or ({"id": 0},):
            answer = {"ending": Ending.NOT_RUN.value, "reason": reason}
            job.on_answer(int(str(piece["id"])), answer, {})


def _with(job: Job, pieces: tuple[dict[str, object], ...], *, alone: bool) -> Job:
    return replace(job, request=replace(job.request, pieces=pieces), alone=alone)
