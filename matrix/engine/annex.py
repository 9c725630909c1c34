"""One worker process: hand it a request, follow its journal, notice how it ends.

``matrix/worker/worker.py`` says what crosses the border; this is the other side of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matrix import processes
from matrix.store.answers import Answer

WORKER = Path(__file__).parent.parent / "worker" / "worker.py"

START_SECONDS = 120.0
"""How long an interpreter may take to import scikit-learn on a busy machine."""

JOURNAL, CONTENTS = "journal.jsonl", "contents.bin"

OUTPUT_LIMIT = 64 * 1024
"""How much of a worker's output is kept as evidence, in bytes."""

Piece = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a worker is asked to do, in which environment."""

    executable: Path
    task: str
    """``check``, ``save`` or ``load``."""
    paths: tuple[Path, ...]
    """Folders that its modules are imported from."""
    pieces: tuple[Piece, ...]
    files: tuple[Path, ...] = ()
    seconds: float = 60.0
    """How long one piece may take."""
    memory: int | None = None
    """Limit on its address space, in bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A piece is done."""

    piece: int
    answer: Answer
    contents: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """The process is over."""

    complete: bool
    """It did all that it was asked."""
    piece: int | None
    """The piece under way when it died or was stopped; None if it had none."""
    stopped: bool
    """It was stopped because the piece took too long."""
    reason: str
    """In words: the signal, the limit, and the last line of its output."""


class Worker:
    """A worker process at work.

    Args:
        request: what it is asked to do.
        folder: an empty folder for what crosses the border; removed by :meth:`close`.
    """

    def __init__(self, request: Request, folder: Path) -> None:
        self.request = request
        self.folder = folder
        _write_request(request, folder)
        self._output = (folder / "output").open("wb")
        self._process = processes.start(
            [request.executable, WORKER, folder],
            environment=_environment(),
            folder=folder,
            output=self._output,
        )
        self._journal = _Tail(folder / JOURNAL)
        self._under_way: int | None = None
        self._complete = False
        self._deadline = time.monotonic() + START_SECONDS + request.seconds

    def poll(self) -> Iterator[Answered | Ended]:
        """What has happened since the last call; after an Ended there is nothing more."""
        code = self._process.poll()
        # Read after asking whether it ended: what it wrote last is then there for sure.
        yield from self._answers()
        if code is not None:
            yield self._ended(code)
        elif time.monotonic() > self._deadline:
            processes.end(self._process)
            yield from self._answers()
            yield self._stopped()

    def close(self) -> None:
        """End the process if it is alive, and remove its folder."""
        processes.end(self._process)
        self._output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> Iterator[Answered]:
        for line in self._journal.lines():
            if "begin" in line:
                self._under_way = line["begin"]
                self._deadline = time.monotonic() + self.request.seconds
            elif "done" in line:
                self._under_way = None
                self._deadline = time.monotonic() + self.request.seconds
                yield _answered(line, self.folder)
            elif "end" in line:
                self._complete = True

    def _ended(self, code: int) -> Ended:
        complete = self._complete
        reason = "" if complete else self._last_words(processes.signal_name(code))
        return Ended(complete=complete, piece=self._under_way, stopped=False, reason=reason)

    def _stopped(self) -> Ended:
        reason = f"stopped after {self.request.seconds:g} s"
        return Ended(complete=False, piece=self._under_way, stopped=True, reason=reason)

    def _last_words(self, how: str) -> str:
        """The ending with the last line of output, where a dying interpreter often says why."""
        with (self.folder / "output").open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - OUTPUT_LIMIT))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
        return f"{how}: {lines[-1].strip()[:300]}" if lines else how


def finished(folder: Path) -> Iterator[Answered]:
    """The answers in the folder of a worker that is no more; what was cut off is left out."""
    for line in _Tail(folder / JOURNAL).lines():
        if "done" in line:
            answered = _answered(line, folder)
            whole = all(
                hashlib.sha256(content).hexdigest() == digest
                for digest, content in answered.contents.items()
            )
            if whole:
                yield answered


def _answered(line: Mapping[str, Any], folder: Path) -> Answered:
    answer = line["answer"]
    contents = _take(folder / CONTENTS, answer["contents"])
    return Answered(piece=line["done"], answer=answer, contents=contents)


def _take(file: Path, places: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    if not places:
        return {}
    with file.open("rb") as stream:
        found = {}
        for place in places:
            stream.seek(place["offset"])
            found[place["digest"]] = stream.read(place["size"])
        return found


class _Tail:
    """Reads the lines that were added to a file since the last time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def lines(self) -> Iterator[dict[str, Any]]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return
        end = data.rfind(b"\n") + 1  # a line half written is left for the next time
        self._position += end
        for line in data[:end].splitlines():
            yield json.loads(line)


def _write_request(request: Request, folder: Path) -> None:
    body = {
        "task": request.task,
        "paths": [str(path) for path in request.paths],
        "memory": request.memory,
        "files": [str(path) for path in request.files],
        "pieces": list(request.pieces),
    }
    (folder / "request.json").write_text(json.dumps(body), encoding="utf-8")


_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
)


def _environment() -> dict[str, str]:
    """A small environment: nothing that changes results, and no credentials.

    One thread each, so that sums are added in the same order every time. The hash seed is fixed,
    so that the order of sets is. Bytecode may be written: importing scikit-learn without takes
    three times as long.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    threads = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR")
    return (
        kept
        | {f"{name}_NUM_THREADS": "1" for name in threads}
        | {
            "PYTHONHASHSEED": "0",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUTF8": "1",
            "PYTHONNOUSERSITE": "1",
            "PYTHONFAULTHANDLER": "1",
        }
    )
