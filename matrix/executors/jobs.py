"""The jobs that an executor runs, and the functions that receive their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from matrix.executors.worker_process import Request
from matrix.store.worker_answers import WorkerAnswer

OnAnswer = Callable[[int, WorkerAnswer, Mapping[str, bytes]], None]
"""Called with a piece's id, its answer, and the contents of the answer by digest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A request, and the functions that receive its answers."""

    label: str
    """The description of the job for the progress display."""
    request: Request
    on_answer: OnAnswer
    on_start: Callable[[float], None] = lambda _: None
    """Called with the seconds that the interpreter took to start."""
    waits: bool = False
    """Whether it mostly waits; such a job takes no slot."""
    alone: bool = False
    """Whether its only piece runs in an interpreter of its own, and is not tried again."""
    restarted: bool = False
    """Whether its worker ended once before it began a piece."""


Jobs = Iterator[Job | None]
"""Jobs in the order in which they start. None means that the next job depends on answers that have
not arrived yet."""


def first_of(*sources: Jobs) -> Jobs:
    """Join several sources: each job comes from the first source that has one at that time."""
    active = list(sources)
    while active:
        for source in list(active):
            try:
                job = next(source)
            except StopIteration:
                active.remove(source)
                continue
            if job is not None:
                yield job
                break
        else:
            if active:
                yield None
