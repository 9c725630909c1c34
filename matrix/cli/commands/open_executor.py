"""Opens the executor that ``--executor`` names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from matrix.executors.executor import Executor
from matrix.model import Environment


@contextmanager
def open_executor(
    address: str | None, environments: Sequence[Environment], jobs: int
) -> Iterator[Executor | None]:
    """The executor on the workers of a Dask scheduler; None for processes of this machine.

    Args:
        address: of the scheduler, or ``local``; None for no scheduler.
        environments: as they were built on this machine.
        jobs: how many workers ``local`` starts.

    Raises:
        UsageError: dask.distributed is not installed.
        CannotTellError: the scheduler does not answer, or has no worker.
    """
    if address is None:
        yield None
        return
    # Importing Dask takes a second.
    from matrix.executors.dask_cluster import DaskCluster
    from matrix.executors.remote_executor import RemoteExecutor

    cluster = DaskCluster(address, processes=jobs)
    try:
        yield RemoteExecutor(cluster, [one for one in environments if one.ready])
    finally:
        cluster.close()
