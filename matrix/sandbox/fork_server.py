"""Imports libraries once, then forks a worker process for each order, into a sandbox of its own.

Run as ``python fork_server.py WORKER PARENT`` by the interpreter of a target environment, which
may be Python 3.7 or later. ``WORKER`` is the path of the worker's program, a module with
``prepare()``, which imports what every worker needs, and ``run(FOLDER)``, which returns an exit
status. ``PARENT`` is the process id of the orchestrator.

The server reads no model, and nothing that a worker process wrote. A child applies its sandbox to
itself before it reads its request, with the same code as the launcher.

Orders are lines of JSON on standard input:

``{"imports": [MODULE…], "folder", "output", "environment", "plan"}``
    import the modules, unless they are there, then fork a child. The child works in ``folder``,
    writes standard output and standard error to the file ``output``, and has the variables of
    ``environment``. ``plan`` is that of ``launcher.py``.
``{"reap": PID}``
    forget a child that has ended; its process id may be used again from then on.

Replies are lines of JSON on standard output:

``{"started": PID}``          a child was forked; replies have the order of the orders
``{"refused": REASON}``       no child was forked: an import failed or gave a warning, so that a new
                              interpreter would report something that a child cannot; or it left
                              something that all children would share (``inherited.py``)
``{"ended": PID, "code": N}``  a child has ended, with the launcher's exit status, or with the
                              negative number of a signal
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

_READ = 65536


class ForkServer:
    """The state of the server.

    Args:
        worker: the module of the worker's program.
        launcher: the module ``launcher.py``, which forks by a plan and starts a program by it.
        inherited: the module ``inherited.py``, which says what children would share.
        orders: descriptor that orders are read from.
        replies: descriptor that replies are written to.
    """

    def __init__(
        self, worker: Any, launcher: Any, inherited: Any, orders: int, replies: int
    ) -> None:
        self._worker = worker
        self._launcher = launcher
        self._inherited = inherited
        self._ids = os.getuid(), os.getgid()
        self._orders = orders
        self._replies = replies
        self._children: set[int] = set()
        self._known: set[str] = set()
        self._refused = ""
        self._checked = False
        self._own: frozenset[int] = frozenset()
        self._waking, self._wake = os.pipe()
        for end in (self._waking, self._wake):
            os.set_blocking(end, False)

    def serve(self) -> None:
        """Carry out orders until there are no more."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._own = self._inherited.descriptors()
        try:
            self._worker.prepare()
        except BaseException as error:  # some libraries raise others
            self._refused = f"importing the worker: {error}"
        rest = b""
        while True:
            ready = select.select([self._orders, self._waking], [], [])[0]
            if self._waking in ready:
                self._notice_ended()
            if self._orders in ready:
                data = os.read(self._orders, _READ)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._carry_out(json.loads(line))

    def _carry_out(self, order: dict[str, Any]) -> None:
        if "reap" in order:
            os.waitpid(order["reap"], 0)
            return
        new = [name for name in order["imports"] if name not in self._known]
        for name in new:
            if not self._refused:
                self._import(name)
        self._known.update(new)
        if new or not self._checked:
            self._checked = True
            self._refused = self._refused or self._inherited.shared(self._own)
        if self._refused:
            self._reply(refused=self._refused)
            return
        gc.freeze()
        child, inside = self._launcher.fork(order["plan"])
        if not child:
            self._be_launcher(order, self._ids if inside else None)
        self._children.add(child)
        self._reply(started=child)
        self._notice_ended()

    def _import(self, name: str) -> None:
        """Import a module; refuse all orders from now on if a user would see more of that."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                # The library has no such module: the worker will find the same.
                if not (name + ".").startswith(f"{error.name}."):
                    self._refused = f"importing {name}: {error}"
            except BaseException as error:  # some libraries raise others
                self._refused = f"importing {name}: {error}"
        if caught and not self._refused:
            self._refused = f"importing {name}: {caught[0].message}"

    def _notice_ended(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._waking, _READ)
        for child in sorted(self._children):
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            found = os.waitid(os.P_PID, child, options)
            if found is not None:
                self._children.discard(child)
                exited = found.si_code == os.CLD_EXITED
                self._reply(ended=child, code=found.si_status if exited else -found.si_status)

    def _reply(self, **fields: object) -> None:
        os.write(self._replies, json.dumps(fields).encode() + b"\n")

    def _be_launcher(self, order: dict[str, Any], inside: tuple[int, int] | None) -> None:
        """Be the launcher of a worker, in a child; never returns.

        Args:
            order: the order.
            inside: as of ``launch``.
        """
        code = 125
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for descriptor in (self._orders, self._replies, self._waking, self._wake):
                os.close(descriptor)
            output = os.open(order["output"], os.O_WRONLY | os.O_APPEND)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.close(output)
            os.chdir(order["folder"])
            os.environ.clear()
            os.environ.update(order["environment"])
            code = self._launcher.launch(
                order["plan"], lambda: self._be_worker(order["folder"]), inside
            )
        except BaseException as error:
            os.write(2, f"the sandbox could not be set up: {error}\n".encode())
        finally:
            os._exit(code)

    def _be_worker(self, folder: str) -> None:
        """Be the worker, in its sandbox; never returns."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for name in [one for one in sys.modules if one.partition(".")[0] in _HIDING]:
            del sys.modules[name]
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()  # or all workers draw the same random numbers
        code = 1
        try:
            code = self._worker.run(folder)
        except BaseException:
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            os._exit(code)


_HIDING = {"matrix", "worker"}
"""Top-level modules of this server, which would hide a user's modules of the same name."""


def main(program: str, parent: str) -> None:
    """Serve orders from standard input."""
    worker_file = Path(program)
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    # The launcher imports them when it needs them, which a child in its sandbox could not.
    from matrix.sandbox import (  # noqa: F401
        inherited,
        landlock,
        launcher,
        namespaces,
        seccomp,
        supervise,
        system_calls,
    )

    sys.path[0] = str(worker_file.parent)
    system_calls.die_with_parent()
    if os.getppid() != int(parent):
        return
    orders, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    worker = importlib.import_module(worker_file.stem)
    sys.argv = [program]
    ForkServer(worker, launcher, inherited, orders, replies).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
