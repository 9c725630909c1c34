"""Processes are ended with their groups, and no others."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from matrix import processes

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
LEAVES_A_CHILD = [
    sys.executable,
    "-c",
    f"import subprocess; print(subprocess.Popen({SLEEPS!r}).pid, flush=True)",
]
"""The child has its standard output, which is at its end when both have ended."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs groups of processes")


@dataclass
class Ended:
    """A process that has ended, whose id another process may have by now."""

    pid: int

    def poll(self) -> int | None:
        return 0

    def wait(self, timeout: float | None = None) -> int:
        return 0

    def terminate(self) -> None:
        raise AssertionError("it has ended")

    def kill(self) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """Writes what it reads."""
    echo = [sys.executable, "-c", "import sys; print(sys.stdin.readline(), end='')"]
    process = subprocess.Popen(
        echo, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    yield process
    process.kill()
    process.communicate()


def test_a_process_that_got_the_id_of_an_ended_one_is_left_alone(
    stranger: subprocess.Popen[bytes],
) -> None:
    processes.end(Ended(stranger.pid))
    assert stranger.communicate(b"alive\n")[0] == b"alive\n"


def test_what_an_ended_process_left_in_its_group_is_ended() -> None:
    process = subprocess.Popen(LEAVES_A_CHILD, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.wait()
    os.kill(child, 0)
    processes.end(process)
    assert select.select([process.stdout], [], [], 60)[0], "the child still runs"
    assert process.stdout.read() == b""
    process.stdout.close()
