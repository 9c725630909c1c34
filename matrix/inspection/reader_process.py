"""The process that reads an untrusted file and writes the result to standard output as JSON.

Run as a script in isolated mode. Arguments: the path, the limits as JSON, and ``packed`` for a file
that :mod:`matrix.inspection.packing` wrote. The result is one object: ``{"inspection": …}``,
``{"problem": …, "advice": …, "other": …}``, or ``{"memory": true}`` if memory ran out.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

NOT_WRITTEN = 74
"""Exit status: the result cannot be written, such as on a full disk."""


def main() -> None:
    """Inspect the file, write the result and exit."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from matrix.errors import NotAModelError
    from matrix.inspection.inspect_file import inspect
    from matrix.inspection.result import InspectionLimits

    limits = InspectionLimits(**json.loads(sys.argv[2]))
    _restrict(limits)
    gc.disable()  # the process is short-lived, and a file may create millions of objects
    answer: dict[str, Any]
    try:
        found = asdict(inspect(Path(sys.argv[1]), limits, packed=sys.argv[3:] == ["packed"]))
        del found["path"]  # the other side knows it
        answer = {"inspection": found}
    except NotAModelError as error:
        answer = {"problem": error.problem, "advice": error.advice, "other": error.other}
    except MemoryError:
        answer = {"memory": True}
    try:
        sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))
        sys.stdout.buffer.flush()
    except OSError as error:
        os._exit(1 if error.errno == errno.EFBIG else NOT_WRITTEN)
    os._exit(0)  # without deallocating what may be millions of objects


def _restrict(limits: Any) -> None:
    """Set the resource limits of this process, as far as the platform supports them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    seconds = int(limits.seconds) + 2
    for kind, most in (
        ("RLIMIT_AS", limits.memory),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", limits.answer),
        ("RLIMIT_CORE", 0),
    ):
        try:
            hard = resource.getrlimit(getattr(resource, kind))[1]
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            # SIGXCPU, which says why the process ended, comes only below the hard limit.
            soft = allowed - 1 if kind == "RLIMIT_CPU" else allowed
            resource.setrlimit(getattr(resource, kind), (soft, allowed))
        except (AttributeError, OSError, ValueError):  # macOS refuses some
            continue


if __name__ == "__main__":
    main()
