"""Tries to break the promises of a sandbox from inside; run by the orchestrator's interpreter.

Arguments: a port on 127.0.0.1 with a listener, a folder outside the sandbox with a file ``secret``,
and the id of a process outside it. Prints one line of JSON, ``{"done": [PROMISE…]}``, with the
promises that it broke. Then it leaves a child behind that holds standard output open, and tries to
kill the process.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

_STAYS_SECONDS = 20.0


def main(port: str, folder: str, victim: str) -> None:
    """Try to break every promise."""
    tried = {
        "network": lambda: socket.create_connection(("127.0.0.1", int(port)), 1).close(),
        "writing": lambda: open(folder + "/written", "wb").close(),  # noqa: PTH123
        "reading": lambda: open(folder + "/secret", "rb").close(),  # noqa: PTH123
    }
    done = [name for name, act in tried.items() if _can(act)]
    sys.stdout.write(json.dumps({"done": done}) + "\n")
    sys.stdout.flush()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(_STAYS_SECONDS)
        os._exit(0)
    os.wait()
    _can(lambda: os.kill(int(victim), signal.SIGKILL))


def _can(act: Callable[[], object]) -> bool:
    try:
        act()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
