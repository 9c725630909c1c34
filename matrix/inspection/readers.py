"""Start processes that read untrusted files; where Linux forks, their imports are done once.

Importing what reads a file takes a third of a second, and reading a model some milliseconds. A
reader is a process of ``reader_process.py`` that has imported everything, and forks a process with
limits of its own for each file. It reads no file itself. Readers wait for the next file, one for
each thread that inspects at the same time, and end with this process.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import select
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import IO

from matrix import processes
from matrix.inspection.result import InspectionLimits

_READER = Path(__file__).with_name("reader_process.py")
_FORKS = sys.platform == "linux"


def read_apart(
    file: Path, limits: InspectionLimits, *, packed: bool, seconds: float
) -> tuple[int, bytes]:
    """Inspect a file in a process of its own.

    Args:
        file: to read.
        limits: on the process.
        packed: whether :mod:`matrix.inspection.packing` wrote the file.
        seconds: how long the process may take on the wall clock.

    Returns:
        The exit code, negative for a signal, and what it wrote: at most one byte more than the
        limit of an answer.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was ended.
    """
    with tempfile.NamedTemporaryFile() as output:
        arguments = [str(file.absolute()), json.dumps(asdict(limits))]
        arguments += ["packed"] if packed else []
        if _FORKS:
            code = _forked([*arguments[:2], packed, output.name], seconds)
        else:
            code = _started([sys.executable, "-I", _READER, *arguments], output.file, seconds)
        with Path(output.name).open("rb") as written:
            return code, written.read(limits.answer + 1)


def _forked(order: list[object], seconds: float) -> int:
    """The exit code of a process that a reader forks for one file."""
    reader = None
    while reader is None or reader.ended:
        try:
            reader = _idle.pop()
        except IndexError:
            reader = ReaderProcess()
    code = reader.read(order, seconds)
    if not reader.ended:
        _idle.append(reader)
    return code


def _started(command: list[str | Path], output: IO[bytes], seconds: float) -> int:
    """The exit code of a process that is started for one file."""
    process = processes.start(command, output=output, errors=subprocess.DEVNULL)
    try:
        return process.wait(seconds)
    except BaseException:
        processes.end(process)
        raise


class ReaderProcess:
    """A process that forks another for each file."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", _READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def read(self, order: list[object], seconds: float) -> int:
        """The exit code of the process that reads a file, as ``reader_process.py`` describes it.

        That of the reader, if it ends.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps(order).encode() + b"\n")
                self._process.stdin.flush()
            replied = select.select([self._process.stdout], [], [], seconds)[0]
            line = self._process.stdout.readline() if replied else b""
        except BaseException:
            self.end()
            raise
        if not replied:
            self.end()
            raise subprocess.TimeoutExpired("a reader", seconds)
        return int(line) if line else self._process.wait()

    def end(self) -> None:
        """End it, with the process that it has forked."""
        processes.end(self._process)
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert stream is not None
                stream.close()


_idle: list[ReaderProcess] = []


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()
