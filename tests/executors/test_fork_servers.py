"""Workers are forked from an interpreter that has imported its libraries once."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from matrix import processes
from matrix.executors.fork_servers import Forked, ForkServers, Order, imports_of, supported
from matrix.sandbox.kinds import Sandbox, SandboxKind
from matrix.sandbox.launcher import FAILED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks workers")

WORKER = """
import json, os, sys, time
from pathlib import Path

def prepare():
    pass

def run(folder):
    order = json.loads(Path(folder, "request.json").read_text())
    sys.path[:] = [order["modules"]]
    found = {}
    try:
        exec(order["code"], {"found": found})
    finally:
        Path(folder, "found.json").write_text(json.dumps(found))
    return order.get("status", 0)
"""
LIMITS = Sandbox(kind=SandboxKind.LIMITS)


class Bench:
    """Runs code in forked workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules = folder / "modules"
        self.modules.mkdir()
        self.program = folder / "program" / "worker.py"
        self.program.parent.mkdir()
        self.program.write_text(WORKER)
        self.number = 0
        self.servers = ForkServers(self.scratch)

    def scratch(self) -> Path:
        self.number += 1
        made = self.folder / f"scratch{self.number}"
        made.mkdir()
        return made

    def module(self, name: str, text: str) -> str:
        """A module that the server can import, beside its program."""
        (self.program.parent / f"{name}.py").write_text(text)
        return name

    def fork(
        self,
        code: str,
        imports: tuple[str, ...] = (),
        *,
        status: int = 0,
        variables: Mapping[str, str] | None = None,
    ) -> tuple[Path, Forked | None]:
        folder = self.scratch()
        request = {"code": code, "modules": str(self.modules), "status": status}
        (folder / "request.json").write_text(json.dumps(request))
        output = folder / "output"
        output.touch()
        plan = LIMITS.plan(writable=[folder], readable=[])
        assert plan is not None
        order = Order(
            executable=Path(sys.executable),
            program=self.program,
            imports=imports,
            folder=folder,
            output=output,
            environment={
                "PATH": os.environ["PATH"],
                "OPENBLAS_NUM_THREADS": "1",
                **(variables or {}),
            },
            variables={},
            plan=plan,
        )
        return folder, self.servers.fork(order)

    def run(
        self, code: str, imports: tuple[str, ...] = (), status: int = 0, **variables: str
    ) -> tuple[dict[str, object], int, str]:
        """What the code found, the return code of the worker, and its output."""
        folder, forked = self.fork(code, imports, status=status, variables=variables)
        assert forked is not None
        code_ = forked.wait()
        found = folder / "found.json"
        text = (folder / "output").read_text()
        return json.loads(found.read_text()) if found.exists() else {}, code_, text


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.servers.close()


def test_a_worker_works_in_its_folder_with_its_variables_and_writes_to_its_output(
    bench: Bench,
) -> None:
    code = "import os; found.update(folder=os.getcwd(), word=os.environ['WORD']); print('said')"
    found, status, output = bench.run(code, WORD="own", status=3)
    assert found == {"folder": str(bench.folder / "scratch1"), "word": "own"}
    assert (status, output) == (3, "said\n")


def test_a_module_is_imported_once_for_many_workers(bench: Bench) -> None:
    name = bench.module("counted", "import os; at = os.getpid()")
    code = "import sys; found['at'] = sys.modules['counted'].at"
    assert bench.run(code, (name,)) == bench.run(code, (name,))


def test_nothing_of_one_worker_reaches_the_next(bench: Bench) -> None:
    name = bench.module("shared", "state = []")
    code = "import os, shared; shared.state.append(1); os.environ['SEEN'] = 'x'"
    code += "; found.update(state=shared.state, seen=os.environ.get('BEFORE'))"
    first = bench.run(code, (name,), BEFORE="x")[0]
    second = bench.run(code, (name,))[0]
    assert first == {"state": [1], "seen": "x"}
    assert second == {"state": [1], "seen": None}


def test_a_user_s_module_is_not_hidden_by_one_of_the_server(bench: Bench) -> None:
    for name in ("matrix", "worker"):
        (bench.modules / f"{name}.py").write_text("mine = True")
    found, status, output = bench.run("import matrix, worker; found['m'] = matrix.mine")
    assert (found, status) == ({"m": True}, 0), output


def test_a_worker_cannot_write_to_the_server(bench: Bench) -> None:
    code = "import os; found['open'] = sorted(map(int, os.listdir('/proc/self/fd')))"
    found = bench.run(code)[0]
    assert found["open"] == [0, 1, 2, 3]  # the last is that of the folder that is listed


def test_two_workers_draw_different_random_numbers(bench: Bench) -> None:
    code = "import numpy; found['drawn'] = numpy.random.random()"
    assert bench.run(code, ("numpy",))[0] != bench.run(code, ("numpy",))[0]


def test_a_signal_that_ends_a_worker_is_reported_as_the_launcher_does(bench: Bench) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    status = bench.run(code)[1]
    assert LIMITS.code(status) == -signal.SIGSEGV


def test_an_exception_is_written_to_the_output_and_is_a_failure(bench: Bench) -> None:
    _, status, output = bench.run("1 / 0")
    assert status != 0
    assert "ZeroDivisionError" in output


def test_a_dead_worker_costs_no_other(bench: Bench) -> None:
    _, staying = bench.fork("import time; time.sleep(600)")
    assert bench.run("import os; os.abort()")[1] == 128 + signal.SIGABRT
    assert bench.run("found['well'] = True")[0] == {"well": True}
    assert staying is not None
    assert staying.poll() is None
    staying.kill()
    assert staying.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import mmap; shared = mmap.mmap(-1, 4096)", "shares memory"),
        ("import os; left = os.pipe()", "descriptors open"),
        ("import tempfile; left = tempfile.TemporaryFile()", "descriptors open"),
        (
            "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()",
            "threads",
        ),
    ],
    ids=["memory", "a pipe", "a file", "a thread"],
)
def test_a_server_refuses_if_its_workers_would_share_something(
    bench: Bench, text: str, reason: str
) -> None:
    """One model could leave something there for the next."""
    _, forked = bench.fork("pass", (bench.module("sharing", text),))
    assert forked is not None
    while not forked.refused:
        assert forked.poll() is None
    assert reason in forked.refused


@pytest.mark.parametrize(
    "text",
    ["import warnings; warnings.warn('deprecated')", "import nothing_of_this_name", "1 / 0"],
    ids=["warns", "lacks a module", "fails"],
)
def test_a_server_refuses_if_a_worker_could_not_report_what_an_import_shows(
    bench: Bench, text: str
) -> None:
    _, forked = bench.fork("pass", (bench.module("loud", text),))
    assert forked is not None
    while not forked.refused:
        assert forked.poll() is None
    assert "loud" in forked.refused
    assert bench.fork("pass")[1] is None, "it is not asked again"


def test_a_module_that_the_library_does_not_have_is_no_reason_to_refuse(bench: Bench) -> None:
    imports = ("json.nothing", "nothing_of_this_name.inner")
    assert bench.run("found['well'] = True", imports)[0] == {"well": True}


def test_what_waits_is_refused_and_what_runs_is_not_answered_if_the_server_dies(
    bench: Bench,
) -> None:
    _, running = bench.fork("import time; time.sleep(600)")
    assert running is not None
    while running.started is None:
        assert running.poll() is None
    server = os.getpgid(0) and int(Path(f"/proc/{running.pid}/stat").read_text().split()[3])
    os.kill(server, signal.SIGSTOP)
    _, waiting = bench.fork("pass")
    os.kill(server, signal.SIGKILL)
    assert running.wait() == FAILED
    assert waiting is not None
    assert waiting.refused
    assert gone(running.started or 0)
    assert bench.run("found['well'] = True")[0] == {"well": True}, "by another server"


def test_a_server_that_dies_before_its_first_worker_is_not_started_again(bench: Bench) -> None:
    _, forked = bench.fork("pass", (bench.module("deadly", "import os; os.abort()"),))
    assert forked is not None
    while not forked.refused:
        assert forked.poll() is None
    assert bench.fork("pass")[1] is None


def test_a_worker_that_waits_for_its_server_can_be_ended(bench: Bench) -> None:
    """As Ctrl-C does while the server imports."""
    slow = bench.module("slow", "import time; time.sleep(600)")
    _, forked = bench.fork("pass", (slow,))
    assert forked is not None
    processes.end(forked)
    assert forked.wait() == FAILED


def test_closing_ends_servers_and_workers(bench: Bench) -> None:
    _, forked = bench.fork("import time; time.sleep(600)")
    assert forked is not None
    while forked.started is None:
        assert forked.poll() is None
    bench.servers.close()
    assert gone(forked.pid)
    assert [path.name for path in bench.folder.glob("scratch*")] == ["scratch1"]


def gone(pid: int) -> bool:
    """Whether a process has ended; it may take a moment."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_only_listed_modules_are_imported_outside_of_a_sandbox() -> None:
    allowed = [["sklearn.svm._classes", "SVC"], ["os", "system"], ["own", "Model"], ["numpy", "f"]]
    assert imports_of([{"allowed": allowed}]) == ("numpy", "sklearn.svm._classes")
    assert imports_of([{"allowed": None}, {}]) == ()
    assert imports_of([{"allowed": [], "source": "rows"}]) == ("pandas",)


def test_old_interpreters_fork_nothing() -> None:
    assert [supported(python) for python in ("3.6.15", "3.7.17", "3.13.0")] == [False, True, True]
