"""A cluster of dask.distributed: ``tcp://scheduler:8786``, ``tls://…``, or ``local`` to try it.

Dask moves requests and files, tries a request elsewhere if a worker dies, and gives it up after
``distributed.scheduler.allowed-failures`` deaths. Scattered data is lost with its worker and cannot
be computed again, so files are results of tasks whose arguments the scheduler keeps.

Dask sends pickles: who reaches the scheduler can run code on all workers and on this machine
(docs/security.md).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matrix.errors import CannotTellError, UsageError
from matrix.executors.cluster import ClusterTask, TaskState
from matrix.executors.portable import PortableRequest, SentFile
from matrix.executors.remote_machine import run_portable

if TYPE_CHECKING:
    from distributed import Client, Future

LOCAL = "local"
"""In place of an address: worker processes of this machine, for trying."""

_BUNDLE = 4 * 1024 * 1024
"""Files of about this many bytes together are one task: Dask warns of larger ones."""
_HELD = 512 * 1024 * 1024
"""Files of this many bytes together stay in the memory of the cluster."""
_CONNECT_SECONDS = 30

SentFiles = Mapping[str, SentFile]


class DaskCluster:
    """The workers of a scheduler.

    Args:
        address: of the scheduler, or :data:`LOCAL`.
        processes: how many workers to start for :data:`LOCAL`.

    Raises:
        UsageError: dask.distributed is not installed.
        CannotTellError: the scheduler does not answer.
    """

    def __init__(self, address: str, *, processes: int = 1) -> None:
        try:
            import distributed
        except ImportError:
            raise UsageError(
                "--executor dask needs dask.distributed",
                advice="pip install 'sklearn-compat-matrix[dask]'",
            ) from None
        self.name = "the local cluster" if address == LOCAL else address
        self._local = None
        self._bundles: OrderedDict[str, tuple[Future, int]] = OrderedDict()
        try:
            if address == LOCAL:
                self._local = distributed.LocalCluster(
                    n_workers=processes, threads_per_worker=1, dashboard_address=None, security=True
                )
            self._client: Client = distributed.Client(
                self._local or address, timeout=_CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, TimeoutError, ImportError, ValueError, TypeError) as error:
            raise CannotTellError(
                f"{self.name} does not answer: {error}",
                advice="Start a scheduler and workers: dask scheduler; dask worker ADDRESS",
            ) from error

    def machines(self) -> Mapping[str, int]:
        """How many requests each worker runs at once, by its address, as of now."""
        if self._client.status not in ("running", "connecting"):
            raise CannotTellError(
                f"the connection to {self.name} is lost",
                advice="Finished work is kept: run again when it is back.",
            )
        found = self._client.scheduler_info(n_workers=-1)["workers"]
        return {address: int(one["nthreads"]) for address, one in found.items()}

    def submit(self, request: PortableRequest, machines: Collection[str]) -> ClusterTask:
        """Run a request on one of these workers."""
        bundles = [self._bundle(bundle) for bundle in bundled(request.files)]
        future = self._client.submit(
            _run,
            request.body,
            bundles,
            workers=sorted(machines) or None,
            allow_other_workers=False,
            pure=False,
        )
        return _DaskTask(future)

    def close(self) -> None:
        """Forget all tasks, and end the local workers."""
        self._bundles.clear()
        self._client.close()
        if self._local is not None:
            self._local.close()

    def _bundle(self, files: SentFiles) -> Future:
        """A task that returns files by digest; the same files are one task, and travel once."""
        key = "compat-files-" + hashlib.sha256("".join(files).encode()).hexdigest()
        found = self._bundles.pop(key, None)
        if found is None:
            data = {digest: one.read() for digest, one in files.items()}
            size = sum(one.size for one in files.values())
            found = self._client.submit(dict, data, key=key), size
        self._bundles[key] = found
        while len(self._bundles) > 1 and sum(size for _, size in self._bundles.values()) > _HELD:
            self._bundles.popitem(last=False)
        return found[0]


def bundled(files: SentFiles) -> Iterator[SentFiles]:
    """Divide files into bundles, in order, so that requests for the same files share them."""
    bundle: dict[str, SentFile] = {}
    size = 0
    for digest, one in files.items():
        if size > _BUNDLE:
            yield bundle
            bundle, size = {}, 0
        bundle[digest] = one
        size += one.size
    if bundle:
        yield bundle


@dataclass(frozen=True, slots=True, eq=False)
class _DaskTask:
    future: Future

    @property
    def state(self) -> TaskState:
        state = _STATES.get(self.future.status, TaskState.FAILED)
        if state is TaskState.FAILED and "KilledWorker" in self.reason():
            return TaskState.KILLED
        return state

    def result(self) -> tuple[str, Mapping[str, Any]]:
        machine, found = self.future.result()
        return machine, found

    def reason(self) -> str:
        error = self.future.exception()
        return f"{type(error).__name__}: {error}"

    def cancel(self) -> None:
        self.future.cancel()


_STATES = {
    "pending": TaskState.RUNNING,
    "finished": TaskState.FINISHED,
    "lost": TaskState.LOST,
    "cancelled": TaskState.LOST,
    "error": TaskState.FAILED,
}


# --------------------------------------------------------------------------- on a worker of Dask


class _CancelledError(Exception):
    """The task is not wanted any more."""


def _run(body: dict[str, Any], bundles: list[Mapping[str, bytes]]) -> tuple[str, Mapping[str, Any]]:
    """Run a request in a worker of Dask; return its address, and what came out."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    folder = Path(worker.local_directory) / "compat-matrix"
    folder.mkdir(parents=True, exist_ok=True)

    def on_turn(_: tuple[str, ...]) -> None:
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise _CancelledError

    files = {digest: data for bundle in bundles for digest, data in bundle.items()}
    return worker.address, run_portable(body, files, folder, on_turn)
