"""Which sandbox works here: each is tried by running in it what it should not let happen."""

from __future__ import annotations

import contextlib
import json
import shutil
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
"""How long a trial may take."""
_SWEPT_SECONDS = 2.0
"""How long after its end something that it left behind may still live."""

Try = Callable[[Sandbox], frozenset[Promise] | None]
"""What a sandbox was seen to hold; None if nothing can be started in it."""


def sandbox(wish: str, *, attempt: Try | None = None) -> Sandbox:
    """The sandbox that was wished for.

    Args:
        wish: ``auto``, ``require`` or ``off``.
        attempt: tries a sandbox; given by tests.

    Raises:
        SandboxError: one is required, and there are only limits.
    """
    if wish == "off":
        return Sandbox(kind=SandboxKind.OFF)
    found = probe(attempt or held_in)
    if wish == "require" and not found.kind.contains:
        raise SandboxError(
            "--sandbox require: no sandbox works here",
            advice="Install bubblewrap, or allow unprivileged user namespaces; Linux 6.2 and later "
            "have Landlock. With --sandbox auto models are loaded with limits alone.",
        )
    return found


def probe(attempt: Try) -> Sandbox:
    """The strongest sandbox that was seen to work here; limits alone if none does."""
    for candidate in _candidates():
        held = attempt(candidate)
        if held is not None and held >= ESSENTIAL:
            return replace(candidate, promises=tuple(one for one in Promise if one in held))
    return Sandbox(kind=SandboxKind.LIMITS)


def _candidates() -> Iterator[Sandbox]:
    if sys.platform != "linux":
        return
    program = shutil.which("bwrap")
    if program:
        yield Sandbox(kind=SandboxKind.BUBBLEWRAP, program=program)
    yield Sandbox(kind=SandboxKind.NAMESPACES)
    yield Sandbox(kind=SandboxKind.LANDLOCK)


def held_in(candidate: Sandbox) -> frozenset[Promise] | None:
    """Run the trial in a sandbox, and see what it could not do."""
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
        done = _done(candidate, started, own)
        if done is None:
            return None
        if victim.poll() is not None:
            done.add("signals")
        if (other / "written").exists():
            done.add("writing")
        return frozenset(one for one in Promise if one.name.lower() not in done)


def _done(candidate: Sandbox, command: Iterable[str], folder: Path) -> set[str] | None:
    """What the trial could do; None if it did not run."""
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
        # Whatever was left behind holds the other end of the pipe open.
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
