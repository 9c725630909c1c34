"""What a cluster of machines does for an executor; ``dask_cluster.py`` is one."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from matrix.executors.portable import PortableRequest


class TaskState(enum.Enum):
    """How far a task of a cluster is."""

    RUNNING = "running"
    """It waits, runs, or is tried again on another machine."""
    FINISHED = "finished"
    LOST = "lost"
    """The cluster has forgotten it, and nothing is known of its work."""
    KILLED = "killed"
    """The cluster has given it up: several machines died while they ran it."""
    FAILED = "failed"
    """It raised an exception: the machines cannot run requests."""


class ClusterTask(Protocol):
    """A request that a cluster runs."""

    @property
    def state(self) -> TaskState:
        """How far it is; a call takes no time."""

    def result(self) -> tuple[str, Mapping[str, Any]]:
        """The machine that ran it, and what ``remote_machine.run_portable`` returned."""

    def reason(self) -> str:
        """Why it failed, or was given up."""

    def cancel(self) -> None:
        """Stop it, or forget it if it has ended."""


class Cluster(Protocol):
    """Machines that run portable requests."""

    @property
    def name(self) -> str:
        """For messages."""

    def machines(self) -> Mapping[str, int]:
        """How many requests each machine runs at once, by its address, as of now.

        Raises:
            CannotTellError: the cluster does not answer any more.
        """

    def submit(self, request: PortableRequest, machines: Collection[str]) -> ClusterTask:
        """Run a request on one of these machines."""

    def close(self) -> None:
        """End everything that was started."""
