"""The process that reads an untrusted file and writes the result to standard output as JSON.

Run as a script in isolated mode. Arguments: the path, the limits as JSON, and ``packed`` for a file
that :mod:`matrix.inspection.packing` wrote. The result is one object: ``{"inspection": …}``,
``{"problem": …, "advice": …, "other": …}``, or ``{"memory": true}`` if memory ran out.

Without arguments, each line of standard input is a file to read in a process of its own, which is
forked: a JSON list of the path, the limits as JSON, whether it is packed, and the file for the
result, which exists. The reply is a line of standard output: the exit code of that process, or the
negative number of the signal that ended it.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

NOT_WRITTEN = 74
"""Exit status: the result cannot be written, such as on a full disk."""


def main() -> None:
    """Inspect the file of the arguments, or those of standard input."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    if len(sys.argv) > 1:
        _read(sys.argv[1], sys.argv[2], packed=sys.argv[3:] == ["packed"])
    _serve()


def _serve() -> None:
    """Fork a process for each line of standard input, one after the other."""
    from matrix.inspection import inspect_file  # noqa: F401 — once for all processes

    gc.freeze()
    for line in sys.stdin.buffer:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _be_reader(*order)
        status = os.waitpid(child, 0)[1]
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


def _be_reader(path: str, limits: str, packed: bool, output: str) -> None:
    """Read a file in a child, which writes to no pipe of its parent; never returns."""
    try:
        for name, mode, descriptor in ((os.devnull, os.O_RDONLY, 0), (output, os.O_WRONLY, 1)):
            opened = os.open(name, mode)
            os.dup2(opened, descriptor)
            os.close(opened)
        _read(path, limits, packed=packed)
    finally:
        os._exit(1)


def _read(path: str, text: str, *, packed: bool) -> NoReturn:
    """Inspect a file, write the result and exit."""
    from matrix.errors import NotAModelError
    from matrix.inspection.inspect_file import inspect
    from matrix.inspection.result import InspectionLimits

    limits = InspectionLimits(**json.loads(text))
    _restrict(limits)
    gc.disable()  # the process is short-lived, and a file may create millions of objects
    answer: dict[str, Any]
    try:
        found = asdict(inspect(Path(path), limits, packed=packed))
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
