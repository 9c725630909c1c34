"""Start worker processes by forking an interpreter that has imported its libraries already.

``matrix/sandbox/fork_server.py`` describes the protocol, of which this is the client. Importing
scikit-learn takes a second, and a fork a few milliseconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from matrix import processes
from matrix.inspection.allowed_lists import allowed_names
from matrix.remove_tree import remove
from matrix.sandbox.launcher import FAILED

SERVER = Path(__file__).parents[1] / "sandbox" / "fork_server.py"

_MOST = 8
"""The number of servers at once; each holds about 100 MB."""
_LARGE_PAGES = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Variables that let a server keep its memory in pages of 2 MB: a fork copies a table of all pages,
and its end removes it, which takes 11 ms for 100 MB in pages of 4 KB, and 3 ms in large ones."""
_READ = 65536
_PAUSE_SECONDS = 0.005


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A worker process to fork."""

    executable: Path
    """The interpreter."""
    program: Path
    """The worker's program."""
    imports: tuple[str, ...]
    """Modules that the server imports first."""
    folder: Path
    """The working folder of the worker, which has its request."""
    output: Path
    """The file for standard output and standard error; it exists."""
    environment: Mapping[str, str]
    """The environment variables of the worker, and of a server that is started for it."""
    variables: Mapping[str, str]
    """More environment variables of the server."""
    plan: Mapping[str, object]
    """How the process puts itself into its sandbox."""


class Forked:
    """A worker process that a server forks; it behaves like ``subprocess.Popen``.

    Args:
        server: forks it.
    """

    def __init__(self, server: _ServerProcess) -> None:
        self._server = server
        self._code: int | None = None
        self.started: int | None = None
        """Its process id; None until it was forked."""
        self.refused = ""
        """Why it is not forked: a new interpreter must be started instead."""

    @property
    def pid(self) -> int:
        """Its process id; that of the server until it was forked."""
        return self._server.pid if self.started is None else self.started

    def poll(self) -> int | None:
        """Its return code, negative for a signal; None while it runs."""
        self._server.read()
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises ``subprocess.TimeoutExpired``.

        A process that is refused has ended as one whose sandbox could not be set up.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if self.refused:
                return FAILED
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("a forked worker", timeout or 0.0)
            time.sleep(_PAUSE_SECONDS)
        return code

    def terminate(self) -> None:
        """Send it SIGTERM, unless it has ended."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL, unless it has ended."""
        self._send(signal.SIGKILL)

    def over(self, code: int) -> None:
        """Note its return code."""
        self._code = code

    def _send(self, number: signal.Signals) -> None:
        # The server keeps the id of a child that has ended until it was told to reap it.
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)


class _ServerProcess:
    """One server.

    Args:
        order: the first order, whose interpreter, program and variables it gets.
        folder: its working folder; removed when it ends.
    """

    def __init__(self, order: Order, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [order.executable, SERVER, order.program, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **order.environment,
                **dict.fromkeys(("HOME", "TMPDIR"), str(folder)),
                **_LARGE_PAGES,
                **order.variables,
            },
            cwd=folder,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._replies = self._process.stdin, self._process.stdout
        os.set_blocking(self._replies.fileno(), False)
        self._text = b""
        self._waiting: deque[Forked] = deque()
        self._running: dict[int, Forked] = {}
        self._has_started = False
        self.pid = self._process.pid
        self.refuses = False
        """Whether workers need an interpreter each: it has refused an order, or died before it
        started a worker."""

    @property
    def replies(self) -> int:
        """The descriptor that its replies are read from, until it has ended."""
        return self._replies.fileno()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._replies.closed

    @property
    def idle(self) -> bool:
        """Whether no worker of it runs or waits."""
        return not self._waiting and not self._running

    def fork(self, order: Order) -> Forked:
        """Order a worker process."""
        forked = Forked(self)
        self._waiting.append(forked)
        self._send(
            imports=order.imports,
            folder=str(order.folder),
            output=str(order.output),
            environment=dict(order.environment),
            plan=dict(order.plan),
        )
        return forked

    def read(self) -> None:
        """Read its replies."""
        if self.ended:
            return
        while True:
            try:
                data = os.read(self._replies.fileno(), _READ)
            except BlockingIOError:
                return
            if not data:
                self.end()
                return
            *lines, self._text = (self._text + data).split(b"\n")
            for line in lines:
                self._take(json.loads(line))

    def end(self) -> None:
        """End it; its workers end with it."""
        if self.ended:
            return
        processes.end(self._process)
        for stream in (self._orders, self._replies):
            with contextlib.suppress(OSError):
                stream.close()
        self.refuses = self.refuses or not self._has_started
        for forked in self._waiting:
            forked.refused = "the fork server has ended"
        for forked in self._running.values():
            forked.over(FAILED)
        self._waiting.clear()
        self._running.clear()
        remove(self._folder)

    def _take(self, reply: Mapping[str, Any]) -> None:
        if "started" in reply:
            forked = self._waiting.popleft()
            forked.started = reply["started"]
            self._has_started = True
            self._running[reply["started"]] = forked
        elif "refused" in reply:
            self._waiting.popleft().refused = reply["refused"]
            self.refuses = True
        else:
            self._running.pop(reply["ended"]).over(reply["code"])
            self._send(reap=reply["ended"])

    def _send(self, **order: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._orders.write(json.dumps(order).encode() + b"\n")
            self._orders.flush()


class ForkServers:
    """The fork servers of a run, one for each interpreter; they end with this object.

    Args:
        scratch: creates an empty folder for a server.
    """

    def __init__(self, scratch: Callable[[], Path]) -> None:
        self._scratch = scratch
        self._servers: dict[Path, _ServerProcess] = {}
        self.close = weakref.finalize(self, _end_all, self._servers)
        """Ends all servers; called at the latest when the interpreter ends."""

    def fork(self, order: Order) -> Forked | None:
        """Order a worker process; None if the server of its interpreter has refused one."""
        server = self._servers.pop(order.executable, None)
        if server is None or (server.ended and not server.refuses):
            self._end_surplus()
            server = _ServerProcess(order, self._scratch())
        self._servers[order.executable] = server  # the last one used is last
        return None if server.refuses else server.fork(order)

    def wait(self, seconds: float) -> None:
        """Wait until a worker has started or ended, at most so many seconds."""
        busy = [one.replies for one in self._servers.values() if not one.ended and not one.idle]
        if busy:
            select.select(busy, [], [], seconds)
        else:
            time.sleep(seconds)

    def _end_surplus(self) -> None:
        alive = [one for one in self._servers.values() if not one.ended]
        for one in [one for one in alive if one.idle][: max(0, len(alive) - _MOST + 1)]:
            one.end()


def _end_all(servers: dict[Path, _ServerProcess]) -> None:
    for server in servers.values():
        server.end()
    servers.clear()


@cache
def _listed_modules() -> frozenset[str]:
    """The modules whose names a file may look up without ``--trust``."""
    return frozenset(name.module for name in allowed_names())


def imports_of(pieces: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The modules that a server imports before it forks a worker for some pieces of work.

    A file decides what it names, so only modules of scikit-learn, and those that the reviewed
    lists have, are imported outside of a sandbox.
    """
    named = {module for piece in pieces for module, _ in piece.get("allowed") or ()}
    listed = {module for module in named if module in _listed_modules()}
    tables = any(piece.get("source") or piece.get("data") for piece in pieces)
    return tuple(sorted(listed | ({"pandas"} if tables else set())))


def supported(python: str) -> bool:
    """Whether workers can be forked here, by an interpreter of this version of Python."""
    return sys.platform == "linux" and tuple(map(int, python.split(".")[:2])) >= (3, 7)
