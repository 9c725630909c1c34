"""The noxfile that builds environments: a session ``env-<id>`` for each request.

The engine copies this file into the environment store, and runs nox there: uv refuses to work in a
folder of its own cache, which is where the package lies when it was started by ``uvx``. So nothing
of the package is imported here. Two variables of the environment say what to do:

``COMPAT_MATRIX_REQUEST``    the file of requests; see ``records.py``
``COMPAT_MATRIX_ALIVE``      a lock file that the engine holds as long as it lives

A session runs the builder, ``matrix.environments.build_one``, with the interpreter of the engine.
When the engine is killed, each process of nox ends itself and everything that it started.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nox
from filelock import FileLock, Timeout

nox.needs_version = ">=2026.8"

_POLL_SECONDS = 0.5


def follow(alive: Path) -> None:
    """End this process and everything that it started as soon as the lock is free."""
    if _is_free(alive):
        _end()
    threading.Thread(target=_watch, args=(alive,), daemon=True).start()


def _watch(alive: Path) -> None:
    while not _is_free(alive):
        time.sleep(_POLL_SECONDS)
    _end()


def _is_free(alive: Path) -> bool:
    """Whether no process holds the lock; also if its folder was removed."""
    if not alive.exists():
        return True
    try:
        with FileLock(alive).acquire(timeout=0):
            return True
    except (Timeout, OSError, NotImplementedError):
        return False


def _end() -> None:
    """End the group of this process: the engine and nox start each process of nox in its own."""
    if sys.platform == "win32":
        command = ["taskkill", "/F", "/T", "/PID", str(os.getpid())]
        subprocess.run(command, check=False)
    elif os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def register(file: Path) -> None:
    """Register the sessions of a file of requests."""
    document = json.loads(file.read_text(encoding="utf-8"))
    for request in document["environments"]:
        _register(request["id"], file, document["python"], document["package"])


def _register(id_: str, file: Path, python: str, package: str) -> None:
    @nox.session(name=f"env-{id_}", venv_backend="none", default=False, allow_parallel=True)
    def build(session: nox.Session) -> None:
        session.run(
            *(python, "-m", "matrix.environments.build_one", id_, "--request", str(file)),
            env={"PYTHONPATH": package},
            external=True,
        )


if "COMPAT_MATRIX_REQUEST" in os.environ:
    follow(Path(os.environ["COMPAT_MATRIX_ALIVE"]))
    register(Path(os.environ["COMPAT_MATRIX_REQUEST"]))
