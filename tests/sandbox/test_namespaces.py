"""What a program in namespaces finds there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from matrix.sandbox.commands import interpreter
from matrix.sandbox.kinds import Sandbox, SandboxKind
from matrix.sandbox.probing import observed_promises

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are of Linux")

NAMESPACES = Sandbox(kind=SandboxKind.NAMESPACES)
FILTERS = """
import os
for pid in filter(str.isdigit, os.listdir("/proc")):
    with open("/proc/%s/status" % pid) as file:
        print(pid, [line.split()[1] for line in file if line.startswith("Seccomp:")][0])
"""


def test_every_process_there_has_the_filter_of_system_calls(tmp_path: Path) -> None:
    """A program can write to the memory of the others, and so make their system calls."""
    if observed_promises(NAMESPACES) is None:
        pytest.skip("namespaces are not available here")
    command = NAMESPACES.command(
        [sys.executable, "-I", "-S", "-c", FILTERS],
        writable=[tmp_path],
        readable=interpreter(Path(sys.executable)),
    )
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = dict(line.split() for line in done.stdout.splitlines())
    assert found == {"1": "2", "2": "2"}
