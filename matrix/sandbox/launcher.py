"""Applies a sandbox to itself, then becomes the program that is to run in it.

Run by our own interpreter, so that nothing is asked of the one it starts: ``python -I -S
launcher.py PLAN PROGRAM…``. The plan is a JSON object:

``kind``      ``bubblewrap`` (we are inside already), ``namespaces``, ``landlock`` or ``limits``
``limits``    by name of the resource, the most that may be taken
``readable``, ``writable``    paths; for ``namespaces`` and ``landlock``
``shared``, ``temporary``     sizes of a private ``/dev/shm`` and ``/tmp``, in bytes

It ends with the status of the program, or with 128 and the number of the signal that ended it.
Whatever the program leaves behind is ended too: by its namespace, or by this process, which becomes
the parent of all that lose theirs. SIGTERM asks it to end all of it now.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

FAILED = 125
"""Status: what was asked for could not be applied, and nothing was started."""


def main() -> int:
    """Do as the plan says."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    plan, argv = json.loads(sys.argv[1]), sys.argv[2:]
    try:
        return _launch(plan, argv)
    except OSError as error:
        sys.stderr.write(f"the sandbox could not be made: {error}\n")
        return FAILED


def _launch(plan: dict[str, Any], argv: list[str]) -> int:
    from matrix.sandbox import supervise

    kind = plan["kind"]
    if kind == "namespaces":
        from matrix.sandbox import namespaces

        return namespaces.run(plan, lambda: _become(plan, argv))
    if kind == "bubblewrap":
        _become(plan, argv)
    return supervise.run(lambda: _become(plan, argv))


def _become(plan: dict[str, Any], argv: list[str]) -> None:
    """Hold this process to the plan, and replace it by the program."""
    kind = plan["kind"]
    _limit(plan["limits"])
    if kind == "landlock":
        from matrix.sandbox import landlock

        landlock.restrict(plan["readable"], plan["writable"])
    if kind != "limits":
        from matrix.sandbox import seccomp

        seccomp.restrict(attributes=kind == "landlock", required=kind == "landlock")
    os.execv(argv[0], argv)  # noqa: S606


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
