"""Restricts its own process, then runs a program in it.

Run as ``python -I -S launcher.py PLAN PROGRAM…`` by the orchestrator's interpreter, so the
interpreter of the program may be any. The plan is a JSON object:

``kind``      ``bubblewrap`` (already inside), ``namespaces``, ``landlock`` or ``limits``
``limits``    by name of the resource (``RLIMIT_…``), its limit
``readable``, ``writable``    lists of paths; for ``namespaces`` and ``landlock``
``shared``, ``temporary``     sizes of a private ``/dev/shm`` and ``/tmp``, in bytes

The exit status is that of the program, or 128 plus the number of the signal that ended it.
Processes that the program leaves behind are killed, either by their namespace or by the launcher,
which is the subreaper of its descendants. SIGTERM makes the launcher kill all of them at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAILED = 125
"""Exit status: the sandbox could not be set up, and the program was not started."""


def main() -> int:
    """Run the program of the command line; return the exit status."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    plan, argv = json.loads(sys.argv[1]), sys.argv[2:]
    try:
        return launch(plan, lambda: os.execv(argv[0], argv))  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"the sandbox could not be set up: {error}\n")
        return FAILED


def fork(plan: dict[str, Any]) -> tuple[int, bool]:
    """Fork this process, which has one thread, into the namespaces of a plan if it has any.

    Returns:
        The id of the child, which is 0 in the child, and whether the child is in its namespaces;
        :func:`launch` must know it.
    """
    if plan["kind"] == "namespaces":
        from matrix.sandbox import namespaces

        with contextlib.suppress(OSError):  # the child of an ordinary fork says why
            return namespaces.fork(), True
    return os.fork(), False


def launch(
    plan: dict[str, Any], become: Callable[[], None], inside: tuple[int, int] | None = None
) -> int:
    """Run a program in a sandbox.

    Args:
        plan: of the sandbox, as this module describes it.
        become: replaces a process with the program; called in the sandbox.
        inside: of a process that was forked into its namespaces, the ids of its user and its group
            before; None for any other.

    Returns:
        The exit status of the launcher.

    Raises:
        OSError: the sandbox could not be set up.
    """
    from matrix.sandbox import supervise

    kind = plan["kind"]
    if kind == "namespaces":
        from matrix.sandbox import namespaces

        if inside is not None:
            namespaces.run_inside(plan, lambda: _restrict(plan), become, inside)
        return namespaces.run(plan, lambda: _restrict(plan), become)
    if kind == "bubblewrap":
        _become(plan, become)
    return supervise.run(lambda: _become(plan, become))


def _become(plan: dict[str, Any], become: Callable[[], None]) -> None:
    """Apply the plan to this process and replace it with the program."""
    _restrict(plan)
    become()


def _restrict(plan: dict[str, Any]) -> None:
    """Apply the plan to this process and to those that it starts."""
    kind = plan["kind"]
    _limit(plan["limits"])
    if kind == "landlock":
        from matrix.sandbox import landlock

        landlock.restrict(plan["readable"], plan["writable"])
    if kind != "limits":
        from matrix.sandbox import seccomp

        seccomp.restrict(attributes=kind == "landlock", required=kind == "landlock")


def _limit(limits: dict[str, int]) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, most in limits.items():
        number = getattr(resource, name, None)
        if number is None:
            continue
        hard = resource.getrlimit(number)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (allowed, allowed))


if __name__ == "__main__":
    sys.exit(main())
