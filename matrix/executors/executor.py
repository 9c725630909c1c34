"""The interface of everything that runs jobs: processes of this machine, or other machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from matrix.executors.jobs import Jobs


@dataclass(frozen=True, kw_only=True, slots=True)
class RunHooks:
    """Functions of a run that an executor calls."""

    scratch: Callable[[], Path]
    """Creates an empty folder for the files of a worker."""
    on_turn: Callable[[tuple[str, ...]], None] = lambda _: None
    """Called often, with the labels of the jobs under way."""
    on_over: Callable[[], None] = lambda: None
    """Called when a worker has ended, before the folder with its answers is removed."""


class Executor(Protocol):
    """Runs jobs, and calls the functions of each job with its answers.

    Every piece of every job gets exactly one answer, whatever happens to the process or machine
    that works on it. The functions of jobs and hooks are called in the thread that called ``run``.
    """

    @property
    def slots(self) -> int:
        """The number of jobs that may be under way at once."""

    def run(self, jobs: Jobs, hooks: RunHooks) -> None:
        """Run all jobs; return when every piece has an answer.

        An exception, such as ``KeyboardInterrupt``, ends the work that is under way.
        """
