"""Find the strongest sandbox that works on this system by testing each from inside."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from matrix import processes
from matrix.errors import SandboxError
from matrix.sandbox.kinds import ESSENTIAL, Promise, Sandbox, SandboxKind

TRIAL = Path(__file__).with_name("trial.py")

_SECONDS = 10.0
"""Duration of a trial, at most."""
_SWEPT_SECONDS = 2.0
"""Time after the end of a trial within which its descendants must have ended."""

Try = Callable[[Sandbox], frozenset[Promise] | None]
"""Returns the promises that a sandbox keeps; None if nothing can be started in it."""


def sandbox(mode: str, *, attempt: Try | None = None) -> Sandbox:
    """The sandbox for a mode.

    Args:
        mode: ``auto``, ``require`` or ``off``, the value of ``--sandbox``.
        attempt: tests a sandbox; replaced by tests.

    Raises:
        SandboxError: the mode is ``require`` and only resource limits work.
    """
    if mode == "off":
        return Sandbox(kind=SandboxKind.OFF)
    found = probe(attempt or observed_promises)
    if mode == "require" and not found.kind.contains:
        raise SandboxError(
            "--sandbox require: no sandbox works on this system",
            advice="Install bubblewrap, or allow unprivileged user namespaces; Linux 6.2 and later "
            "have Landlock. With --sandbox auto, models are loaded with resource limits only.",
        )
    return found


def probe(attempt: Try) -> Sandbox:
    """The strongest sandbox that keeps the essential promises; resource limits if none does."""
    for candidate in _candidates():
        held = attempt(candidate)
        if held is not None and held >= ESSENTIAL:
            return replace(candidate, promises=tuple(one for one in Promise if one in held))
    return Sandbox(kind=SandboxKind.LIMITS)


def _candidates() -> Iterator[Sandbox]:
    if sys.platform != "linux":
        return
    program = processes.find_program("bwrap")
    if program:
        yield Sandbox(kind=SandboxKind.BUBBLEWRAP, program=program)
    yield Sandbox(kind=SandboxKind.NAMESPACES)
    yield Sandbox(kind=SandboxKind.LANDLOCK)


def observed_promises(candidate: Sandbox) -> frozenset[Promise] | None:
    """Run ``trial.py`` in a sandbox; return the promises that it could not break."""
    with contextlib.ExitStack() as stack:
        own, other = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
            for _ in range(2)
        )
        (other / "secret").write_text("for no one else")
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        victim = processes.start([sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"])
        stack.callback(processes.end, victim)
        port = listener.getsockname()[1]
        arguments = [str(port), str(other), str(victim.pid)]
        command = [sys.executable, "-I", "-S", str(TRIAL), *arguments]
        started = candidate.command(command, writable=[own], readable=[])
        done = _violations(candidate, started, own)
        if done is None:
            return None
        if victim.poll() is not None:
            done.add("signals")
        if (other / "written").exists():
            done.add("writing")
        return frozenset(one for one in Promise if one.name.lower() not in done)


def _violations(candidate: Sandbox, command: Iterable[str], folder: Path) -> set[str] | None:
    """The promises that the trial broke, in lower case; None if it did not run."""
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        process.wait(_SECONDS)
        # A process that was left behind keeps the other end of the pipe open.
        text, _ = process.communicate(timeout=_SWEPT_SECONDS)
        stays = False
    except subprocess.TimeoutExpired as error:
        text, stays = error.stdout or b"", True
    finally:
        processes.end(process, asking=candidate.sweeps)
    try:
        done = set(json.loads(text.partition(b"\n")[0])["done"])
    except (ValueError, KeyError, TypeError):
        return None
    return done | {"children"} if stays else done
