"""Run jobs in worker processes of this machine."""

from __future__ import annotations

from dataclasses import dataclass

from matrix.executors.executor import RunHooks
from matrix.executors.fork_servers import ForkServers
from matrix.executors.jobs import Jobs
from matrix.executors.pool import Pool


@dataclass(frozen=True, kw_only=True)
class LocalExecutor:
    """Starts an interpreter for each job, or forks one that has imported its libraries."""

    slots: int
    """The number of worker processes that may run at once."""
    servers: ForkServers | None = None
    """Fork the workers that load users' models; None starts an interpreter for each."""

    def run(self, jobs: Jobs, hooks: RunHooks) -> None:
        """Run all jobs; return when every piece has an answer.

        If an exception ends it early, all workers are ended. Their folders stay, with the answers
        that they finished.
        """
        Pool(self.slots, hooks.scratch, hooks.on_turn, hooks.on_over, self.servers).run(jobs)
