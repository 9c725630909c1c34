"""One worker process: send it a request, read its journal, and classify its end.

``matrix/worker/worker.py`` describes the protocol, of which this is the client. A worker that loads
a user's file runs in a sandbox. Its answer is accepted only after the process and its children have
ended, because they could change it until then, and only if the whole request was completed in
order.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matrix import processes
from matrix.executors import protocol, untrusted_files
from matrix.executors.deadline import BUSY, Deadline
from matrix.executors.fork_servers import Forked, ForkServers, Order, imports_of
from matrix.executors.untrusted_files import BreachError
from matrix.model import Ending, OwnScript
from matrix.processor_time import Meter
from matrix.remove_tree import remove
from matrix.sandbox.commands import interpreter
from matrix.sandbox.java import java_paths
from matrix.sandbox.kinds import ProcessLimits, Sandbox, SandboxKind
from matrix.sandbox.launcher import FAILED as NO_SANDBOX
from matrix.store.disk_errors import as_store_error
from matrix.store.worker_answers import WorkerAnswer
from matrix.worker.compat_worker import machine_failures

WORKER = Path(__file__).parent.parent / "worker" / "worker.py"

START_SECONDS = 120.0
"""Seconds that an interpreter may take to import scikit-learn on a busy machine."""

EXPIRE_SECONDS = 60
"""Seconds after its limit at which a worker ends itself, in case its run was killed."""

REQUEST, JOURNAL, CONTENTS = "request.json", "journal.jsonl", "contents.bin"
OUTPUT = "output"
TEMPORARY = "tmp"

LEAVE_SECONDS = 5.0
"""Seconds of processor time, or of sleep, that a sandboxed worker may take to end after its
work."""

BYTES_A_SECOND = 10e6
"""The limit of a piece grows by one second for this number of bytes in the file it loads."""
ORIGIN_FACTOR = 10
"""A piece may take this many times as long as in the environment that saved the file."""
MEMORY_FACTOR = 4
"""The memory limit grows by this many times the size of the file."""

OUTPUT_LIMIT = 64 * 1024
"""The number of bytes at the end of a worker's output that are searched for a reason."""

OUTPUT_MOST = 4 * 1024 * 1024
"""The number of bytes at which a worker's output is emptied."""

_WATCH_SECONDS = 0.5
_INSIDE = "inside"
"""The only part of its folder that a sandboxed worker may write to."""

_ENDINGS = {
    machine_failures.OUT_OF_MEMORY: (Ending.TIMED_OUT, "out of memory"),
    machine_failures.FAILED: (Ending.NOT_RUN, "the machine failed"),
    machine_failures.DISK_FULL: (Ending.NOT_RUN, machine_failures.DISK_FULL_WORDS),
    -getattr(signal, "SIGXCPU", 0): (Ending.TIMED_OUT, "it took too much processor time"),
}
"""The ending, and its description, by exit status of a worker."""

PieceRequest = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """The work for a worker, with its interpreter, limits and sandbox."""

    executable: Path
    task: str
    """``check``, ``save``, ``load``, ``reference``, ``trace``, ``resave`` or ``construct``."""
    paths: tuple[Path, ...]
    """Folders that the worker imports modules from."""
    pieces: tuple[PieceRequest, ...]
    files: tuple[Path, ...] = ()
    seconds: float = 60.0
    """Processor time, or sleep, that one piece may take, in seconds; large files may take more."""
    memory: int | None = None
    """The limit on its address space, in bytes; large files may use more. None for no limit."""
    sandbox: Sandbox | None = None
    """The sandbox; None for files that the run has saved itself."""
    main: OwnScript | None = None
    """The script that defines what models look up in ``__main__``."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that the libraries of the environment need."""
    forks: bool = False
    """Whether its interpreter may be that of a fork server."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """Event: the interpreter has started and imported its modules."""

    seconds: float
    """Wall-clock seconds from the start of the process until this event was read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """Event: a piece is done."""

    piece: int
    answer: WorkerAnswer
    contents: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """Event: the process has ended."""

    complete: bool
    """Whether it completed its request."""
    piece: int | None
    """The piece under way when it died or was stopped; None if there was none."""
    ending: Ending
    """The ending of that piece, if its second try ends in the same way."""
    reason: str
    """In words: the signal or limit, and the last line of its output."""


class Worker:
    """A running worker process.

    Args:
        request: its work.
        folder: an empty folder for the files of the protocol; removed by :meth:`close`.
        servers: fork the process, where they can; None starts an interpreter.

    Raises:
        StoreError: the request cannot be written.
    """

    def __init__(self, request: Request, folder: Path, servers: ForkServers | None = None) -> None:
        self.request = request
        self.folder = folder
        self._inside = folder if request.sandbox is None else folder / _INSIDE
        with as_store_error(folder):
            if request.sandbox is not None:
                (self._inside / TEMPORARY).mkdir(parents=True)
            _write_request(request, self._inside)
            self._output = (folder / OUTPUT).open("a+b", buffering=0)
        forked = None if servers is None else _fork(request, folder, self._inside, servers)
        self._process: processes.Process = self._start() if forked is None else forked
        most = untrusted_files.LINE * (1 + len(request.pieces))
        self._journal = untrusted_files.Tail(self._inside / JOURNAL, most)
        self._pieces = {piece["id"]: piece for piece in request.pieces}
        self._expected = [piece["id"] for piece in request.pieces] or [0]
        self._held: list[Answered] = []
        self._under_way: int | None = None
        self._stage = ""
        self._complete = False
        self._started = self._watched = time.monotonic()
        self._deadline = self._new_deadline()

    @property
    def forked(self) -> bool:
        """Whether a fork server tells when it has ended."""
        return isinstance(self._process, Forked)

    def _start(self) -> processes.Process:
        """Start an interpreter."""
        return processes.start(
            _command(self.request, self._inside),
            environment=_environment(self.request, self._inside),
            folder=self._inside,
            output=self._output,
        )

    def _new_deadline(self) -> Deadline:
        self._measured = self._process.pid
        return Deadline(Meter(self._measured), START_SECONDS + self.request.seconds)

    def poll(self) -> Iterator[Started | Answered | Ended]:
        """The events after the last call; an Ended is the last event."""
        code = self._process.poll()
        if isinstance(self._process, Forked) and self._process.refused:
            self._process = self._start()
        if self._process.pid != self._measured:
            self._deadline = self._new_deadline()
        try:
            self._watch()
            # Read after the process was polled: if it had ended, all of its lines are read.
            yield from self._answers()
            if code is not None:
                yield from self._over(code)
            elif stop := self._deadline.stop():
                self._end_process()
                yield from self._answers()
                yield self._ended(stop.ending, stop.reason)
        except BreachError as breach:
            self._end_process()
            yield self._ended(Ending.CRASHED, str(breach), breach=True)

    def end(self) -> None:
        """End the process if it is alive; its folder stays, with the finished answers."""
        self._end_process()
        self._output.close()

    def close(self) -> None:
        """End the process if it is alive, and remove its folder."""
        self.end()
        remove(self.folder)

    def _end_process(self) -> None:
        sandbox = self.request.sandbox
        processes.end(self._process, asking=sandbox is not None and sandbox.sweeps)

    def _watch(self) -> None:
        """Empty a long output; check the folder of a sandboxed worker against its limits.

        Raises:
            BreachError: the folder is above a limit.
        """
        if os.fstat(self._output.fileno()).st_size > OUTPUT_MOST:
            self._output.truncate(0)
        now = time.monotonic()
        if self.request.sandbox is not None and now - self._watched > _WATCH_SECONDS:
            untrusted_files.watch(self._inside)
            self._watched = now

    def _answers(self) -> Iterator[Started | Answered]:
        for text in self._journal.lines():
            line = protocol.line(text)
            if self._complete:
                raise BreachError("its journal goes on after its end")
            if "ready" in line:
                yield Started(seconds=time.monotonic() - self._started)
            elif "begin" in line:
                self._begin(line["begin"])
            elif "at" in line:
                self._stage = line["at"]
            elif "done" in line:
                yield from self._done(line)
            elif "end" in line:
                self._complete = True

    def _begin(self, piece: int) -> None:
        if self._under_way is not None or piece not in self._expected:
            raise BreachError("its journal begins a piece that is not due")
        self._under_way = piece
        self._deadline.allow(_seconds_for(self.request, self._piece(piece)))

    def _done(self, line: Mapping[str, Any]) -> Iterator[Answered]:
        """The answer in a line; the answers of a sandboxed worker are held back until its end."""
        piece = line["done"]
        if piece != (0 if self.request.task == "check" else self._under_way):
            raise BreachError("its journal has an answer to a piece that is not under way")
        answered = _answered(self.request.task, line, self._piece(piece), self._inside)
        self._under_way, self._stage = None, ""
        self._deadline.allow(self.request.seconds)
        self._expected.remove(piece)
        if self.request.sandbox is None:
            yield answered
            return
        self._held.append(answered)
        if not self._expected:
            self._deadline.allow(LEAVE_SECONDS, "after its answer, because it did not end")

    def _piece(self, number: int) -> PieceRequest:
        return self._pieces.get(number, {})

    def _over(self, returned: int) -> Iterator[Answered | Ended]:
        """The last events of a process that has ended by itself."""
        sandbox = self.request.sandbox
        code = returned if sandbox is None else sandbox.code(returned)
        if sandbox is not None:
            if self._complete and code == 0 and not self._expected:
                yield from self._held
                yield self._ended(Ending.FINISHED, "")
                return
            self._complete = False
            if code == NO_SANDBOX:
                yield self._ended(Ending.NOT_RUN, self._last_words("it was not started"))
                return
        ending, how = _ENDINGS.get(code, (Ending.CRASHED, processes.signal_name(code)))
        yield self._ended(ending, "" if self._complete else self._last_words(how))

    def _ended(self, ending: Ending, reason: str, *, breach: bool = False) -> Ended:
        """The event of an end, with the piece that it is blamed on."""
        piece = self._under_way
        if self._held and ending is not Ending.FINISHED:
            piece = self._held[-1].piece  # its last answer is not trusted
        elif breach and self.request.sandbox is not None and self._expected:
            piece = self._expected[0]  # the model may have removed the line of its begin
        if self._stage and reason:
            reason = f"in {self._stage[:100]}: {reason}"
        complete = self._complete and ending in (Ending.FINISHED, Ending.CRASHED) and not reason
        return Ended(complete=complete, piece=piece, ending=ending, reason=reason)

    def _last_words(self, how: str) -> str:
        """A description of the end with the last line of output, which often has the reason."""
        self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, self._output.tell() - OUTPUT_LIMIT))
        lines = self._output.read(OUTPUT_LIMIT).decode("utf-8", "replace").strip().splitlines()
        return f"{how}: {lines[-1].strip()[:300]}" if lines else how


def finished(folder: Path) -> Iterator[Answered]:
    """The answers in the folder of a worker that has ended, and had no sandbox.

    Incomplete and damaged answers are left out.
    """
    try:
        request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
        pieces = {piece["id"]: piece for piece in request["pieces"]}
        most = untrusted_files.LINE * (1 + len(pieces))
        for text in untrusted_files.Tail(folder / JOURNAL, most).lines():
            try:
                line = protocol.line(text)
                if "done" in line:
                    piece = pieces.get(line["done"], {})
                    yield _answered(request["task"], line, piece, folder)
            except BreachError:
                continue
    except (OSError, ValueError, KeyError, BreachError):
        return


def _answered(task: str, line: Mapping[str, Any], piece: PieceRequest, folder: Path) -> Answered:
    answer = line["answer"]
    protocol.check_answer(task, answer, piece)
    contents = untrusted_files.take(folder / CONTENTS, answer["contents"])
    if task == "resave":
        untrusted_files.locate(folder, answer.get("artifacts", {}).values())
    return Answered(piece=line["done"], answer=answer, contents=contents)


def _write_request(request: Request, folder: Path) -> None:
    body = {
        "task": request.task,
        "parent": os.getpid() if os.name == "posix" and request.sandbox is None else None,
        "paths": [str(path) for path in request.paths],
        "main": None if request.main is None else request.main.request,
        "memory": _memory_for(request),
        "expires": int(BUSY * max(_seconds(request))) + EXPIRE_SECONDS,
        "files": [str(path) for path in request.files],
        "pieces": list(request.pieces),
        "in_part": request.sandbox is not None,
        "stages": request.sandbox is not None,
    }
    (folder / REQUEST).write_text(json.dumps(body), encoding="utf-8")


def _seconds(request: Request) -> list[float]:
    """The limit of each piece in seconds; of a request without pieces, its own limit."""
    return [_seconds_for(request, piece) for piece in request.pieces] or [request.seconds]


def _seconds_for(request: Request, piece: PieceRequest) -> float:
    """The seconds of processor time that a piece may use: more for a large file or slow model."""
    origin = ORIGIN_FACTOR * float(piece.get("origin_seconds", 0.0))
    return max(request.seconds, origin) + int(_size(piece) / BYTES_A_SECOND)


def _memory_for(request: Request) -> int | None:
    if request.memory is None:
        return None
    return request.memory + MEMORY_FACTOR * max(map(_size, request.pieces), default=0)


def _size(piece: PieceRequest) -> int:
    """The size of the file that a piece loads, in bytes; 0 if it loads none."""
    try:
        return Path(piece["path"]).stat().st_size
    except (KeyError, OSError):
        return 0


def _command(request: Request, inside: Path) -> list[str]:
    """The command line of a worker, in its sandbox if it has one."""
    command = [request.executable, WORKER, inside]
    if request.sandbox is None:
        return [str(part) for part in command]
    return request.sandbox.command(
        command, writable=[inside], readable=list(_readable(request)), limits=_limits(request)
    )


def _fork(request: Request, folder: Path, inside: Path, servers: ForkServers) -> Forked | None:
    """Order a worker from a fork server; None if an interpreter must be started.

    Only files of users have a worker each; other workers load many files.
    """
    if request.sandbox is None or not request.forks:
        return None
    plan = request.sandbox.plan(
        writable=[inside], readable=list(_readable(request)), limits=_limits(request)
    )
    if plan is None:
        return None
    landlock = request.sandbox.kind is SandboxKind.LANDLOCK
    return servers.fork(
        Order(
            executable=request.executable,
            program=WORKER,
            imports=imports_of(request.pieces),
            folder=inside,
            output=folder / OUTPUT,
            environment=_environment(request, inside),
            variables=_NO_SEMAPHORES if landlock else {},
            plan=plan,
        )
    )


_NO_SEMAPHORES = {"JOBLIB_MULTIPROCESSING": "0"}
"""joblib tries as it is imported whether it can make semaphores, which Landlock refuses. A server
imports it outside of Landlock, where that works."""


def _limits(request: Request) -> ProcessLimits:
    seconds = (START_SECONDS + sum(_seconds(request))) * (os.cpu_count() or 1)
    return ProcessLimits(seconds=int(seconds))


def _readable(request: Request) -> Iterator[Path]:
    """The paths that a worker must be able to read: interpreter, code, and the request's files."""
    yield from interpreter(request.executable)
    yield WORKER.parent
    yield from request.paths
    for piece in request.pieces:
        data = [piece[name]["path"] for name in ("data", "expected") if piece.get(name)]
        files = (piece[name] for name in ("path", "rows", "source") if piece.get(name))
        yield from map(Path, (*data, *files))
    if any(piece.get("format") in _IN_JAVA for piece in request.pieces):
        yield from java_paths()
    for name in _LIBRARIES:
        yield from (Path(part) for part in os.environ.get(name, "").split(os.pathsep) if part)


_IN_JAVA = frozenset({"pmml"})
"""Formats that Java reads."""
_LIBRARIES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    *_LIBRARIES,
)


def _environment(request: Request, inside: Path) -> dict[str, str]:
    """The environment variables of a worker: none that changes results, and no credentials.

    Numeric libraries use one thread, so that sums are always added in the same order. A fixed hash
    seed fixes the order of sets. Bytecode may be written: without it, importing scikit-learn takes
    three times as long. The home and temporary folder of a sandboxed worker are in its own folder.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    if request.sandbox is not None:
        kept |= dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), str(inside / TEMPORARY))
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
            "KERAS_HOME": str(inside / TEMPORARY),
        }
        | {name: text.format(folder=inside / TEMPORARY) for name, text in request.variables.items()}
    )
