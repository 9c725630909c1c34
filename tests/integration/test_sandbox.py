"""What a sandbox promises is tried from inside; a fault in it costs its own row alone."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.executors import untrusted_files
from matrix.executors.fork_servers import ForkServers
from matrix.judge.content import read
from matrix.sandbox.kinds import Promise, Sandbox, SandboxKind
from matrix.sandbox.probing import observed_promises

from .bench import Bench
from .test_faults import GOOD, assert_good, faulty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes are of Linux")

_TRIED: dict[SandboxKind, Sandbox | None] = {}


def sandbox_of(kind: SandboxKind) -> Sandbox:
    """The sandbox of a kind with all that it holds here; the test is skipped without it."""
    if kind not in _TRIED:
        one = Sandbox(kind=kind, program=shutil.which("bwrap") or "")
        missing = kind is SandboxKind.BUBBLEWRAP and not one.program
        found = None if missing else observed_promises(one)
        held = tuple(promise for promise in Promise if found and promise in found)
        _TRIED[kind] = (
            None if found is None else Sandbox(kind=kind, program=one.program, promises=held)
        )
    sandbox = _TRIED[kind]
    if sandbox is None:
        pytest.skip(f"{kind.value}: not available here")
    return sandbox


@pytest.fixture(
    params=[kind for kind in SandboxKind if kind.contains], ids=lambda kind: kind.name.lower()
)
def contained(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_of(request.param)


@pytest.fixture(
    params=[kind for kind in SandboxKind if kind is not SandboxKind.OFF],
    ids=lambda kind: kind.name.lower(),
)
def held(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_of(request.param)


@pytest.fixture(
    params=[
        pytest.param(SandboxKind.NAMESPACES, id="namespaces"),
        pytest.param(SandboxKind.LIMITS, id="limits", marks=pytest.mark.nightly),
    ]
)
def strong_or_weak(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_of(request.param)


@pytest.fixture(
    autouse=True,
    params=[
        pytest.param(True, id="forked"),
        pytest.param(False, id="started", marks=pytest.mark.nightly),
    ],
)
def servers(bench: Bench, request: pytest.FixtureRequest) -> Iterator[ForkServers | None]:
    """Workers are forked, or have an interpreter each, as where nothing can fork."""
    if request.param:
        bench.servers = ForkServers(bench.scratch)
    yield bench.servers
    if bench.servers is not None:
        bench.servers.close()


ATTEMPTS = {
    "connect": "socket.create_connection(('127.0.0.1', PORT), 2).close()",
    "connect by a file": "socket.socket(socket.AF_UNIX).connect(OTHER + '/socket')",
    "write": "open(OTHER + '/written', 'w').close()",
    "write to itself": "open(HERE + '/written', 'w').close()",
    "move": "move()",
    "change modes": "change_modes()",
    "read": "open(OTHER + '/.ssh/id').close()",
    "look": "os.listdir(OTHER + '/.ssh')",
    "signal": "os.kill(PARENT, 0)",
    "find credentials": "os.environ['AWS_SECRET_ACCESS_KEY']",
    "find credentials of the parent": "open('/proc/%d/environ' % PARENT, 'rb').read(1)",
    "mount": "mount()",
}
NAMES = list(ATTEMPTS)
HEAD = """
import socket, ctypes
PORT, OTHER, PARENT, HERE = {port}, {other!r}, {parent}, {here!r}

def change_modes():
    os.chmod(OTHER + '/of-someone', 0o400)
    assert os.stat(OTHER + '/of-someone').st_mode & 0o777 == 0o400

def move():
    os.replace(OTHER + '/of-someone', OTHER + '/moved')
    os.replace(OTHER + '/moved', OTHER + '/of-someone')

def mount():
    child = os.fork()
    if not child:
        libc = ctypes.CDLL(None)
        done = libc.unshare(0x10000000) == 0 or libc.mount(b'none', b'/', None, 32, None) == 0
        os._exit(0 if done else 1)
    assert os.waitpid(child, 0)[1] == 0
"""
TAIL = """
def can(act):
    try:
        act()
    except Exception:
        return 0
    return 1

class Curious(Model):
    def predict(self, X):
        if not self.away():
            return super().predict(X)
        return np.array([can(act) for act in (ATTEMPTS,)] + [0] * len(X))[:len(X)]

@pipeline(data=rows)
def curious(): return Curious()
"""


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of someone else's."""
    folder = tmp_path_factory.mktemp("other")
    (folder / ".ssh").mkdir()
    (folder / ".ssh" / "id").write_text("for no one else")
    (folder / "of-someone").write_text("to stay")
    return folder


@pytest.fixture
def port(other: Path) -> Iterator[int]:
    here = Path.cwd()
    os.chdir(other)  # the path of a socket must be short
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("socket")
    listener.listen()
    os.chdir(here)
    with listener, socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def could(bench: Bench, sandbox: Sandbox, other: Path, port: int) -> set[str]:
    """What code inside could do."""
    head = HEAD.format(port=port, other=str(other), parent=os.getpid(), here=str(bench.folder))
    attempts = ", ".join(f"lambda: {body}" for body in ATTEMPTS.values())
    bench.write(head + TAIL.replace("ATTEMPTS", attempts))
    bench.save("curious")
    found = bench.load("curious", sandbox=sandbox)["curious"]
    assert "outputs" in found, found
    done = read(bench.contents[found["outputs"]["predict"]["digest"]]).leaves[0].array
    return {name for name, one in zip(NAMES, done.tolist(), strict=False) if one}


def test_nothing_that_is_promised_can_be_done_from_inside(
    bench: Bench, contained: Sandbox, other: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for no one else")
    assert could(bench, contained, other, port) == set()
    assert sorted(path.name for path in other.iterdir()) == [".ssh", "of-someone", "socket"]


def test_limits_alone_hold_nothing_of_it_but_the_environment(
    bench: Bench, other: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempts are such that they do succeed where nothing hinders them."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for no one else")
    found = could(bench, sandbox_of(SandboxKind.LIMITS), other, port)
    assert found | {"mount"} == set(NAMES) - {"find credentials"}


def test_a_model_with_two_jobs_predicts(bench: Bench, contained: Sandbox) -> None:
    bench.write(
        """
        from sklearn.ensemble import RandomForestClassifier
        from joblib import Parallel, delayed

        def squared(x): return x * x

        class Workers(Model):
            def predict(self, X):
                return np.array(Parallel(n_jobs=2)(delayed(abs)(int(x)) for x in X[:, 0]))

        @pipeline(data=rows)
        def forest(): return RandomForestClassifier(n_estimators=4, n_jobs=2, random_state=0)

        @pipeline(data=rows)
        def workers(): return Workers()
        """
    )
    saved = bench.save("forest", "workers")
    found = bench.load("forest", "workers", sandbox=contained)
    assert found["forest"]["outputs"] == saved["forest"]["outputs"]
    assert found["workers"]["outputs"] == saved["workers"]["outputs"]


# ------------------------------------------------------------------------------------ faults

JOURNAL = "open('journal.jsonl', 'ab')"
REPLACED = "os.remove('journal.jsonl')"

FAULTS = {
    "good": ("pass", "", ""),
    "crash": ("os.abort()", "crashed", "in predict: SIGABRT"),
    "loop": (
        "all(True for _ in iter(int, 1))",
        "timed-out",
        "in predict: stopped after 8 s of processor time",
    ),
    "memory": ("bytearray(10**12)", "timed-out", "in predict: out of memory"),
    "garbage": (f"{JOURNAL}.write(b'hello\\n')", "crashed", "a line that no worker writes"),
    "forged_end": (
        f"""{JOURNAL}.write(b'{{"end": true}}\\n'); os._exit(0)""",
        "crashed",
        "in predict: exit code 0",
    ),
    "forged_ending": (
        f"""{JOURNAL}.write(b'{{"done": NUMBER, "answer": {{"ending": "finished"}}}}\\n')""",
        "crashed",
        "an answer that no worker gives",
    ),
    "endless_line": (
        f"[{JOURNAL}.write(b'x' * 2**20) for _ in range(6)]; time.sleep(60)",
        "crashed",
        "journal.jsonl has more than",
    ),
    "link": (f"{REPLACED}; os.symlink('/etc/passwd', 'journal.jsonl')", "crashed", "journal.jsonl"),
    "pipe": (
        f"{REPLACED}; os.mkfifo('journal.jsonl'); time.sleep(60)",
        "crashed",
        "journal.jsonl is no longer a regular file",
    ),
    "another": (
        "os.rename('journal.jsonl', 'x'); shutil.copyfile('x', 'journal.jsonl')",
        "crashed",
        "",  # it was replaced, or has no end: whichever was read first
    ),
    "contents": (
        "os.remove('contents.bin'); open('contents.bin', 'wb').write(bytes(10**6)); return X[:, 0]",
        "crashed",
        "contents.bin does not have the content that was announced",
    ),
    "huge": ("return np.zeros((20, 1750000))", "crashed", "compare on fewer rows"),
    "many_files": (
        "[open('f%d' % n, 'w').close() for n in range(3000)]; time.sleep(60)",
        "crashed",
        "it made more than 2,000 files",
    ),
}


def test_each_fault_costs_its_own_row_alone(
    bench: Bench, strong_or_weak: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them beside each other, and a good model among them."""
    monkeypatch.setattr(untrusted_files, "FILES", 2_000)  # more take seconds on a slow disk
    text = "import shutil\n"
    for number, (name, (body, _, _)) in enumerate(FAULTS.items()):
        one = faulty(body.replace("NUMBER", str(number)))
        text += one.replace("Faulty", f"Model{number}").replace("def bad", f"def {name}")
    bench.write(text)
    saved = bench.save(*FAULTS)
    memory = _resident()
    found = bench.load(*FAULTS, sandbox=strong_or_weak, seconds=8.0, memory=3 * 2**30)
    assert_good(found.pop("good"), saved["good"])
    for name, answer in found.items():
        _, ending, reason = FAULTS[name]
        assert answer.get("ending") == ending, (name, answer)
        assert reason in answer["reason"], (name, answer)
    assert _resident() - memory < 64


def test_a_bomb_in_loading_says_that_it_was_in_loading(bench: Bench, held: Sandbox) -> None:
    bench.write(
        GOOD
        + """
class Bomb(Model):
    def __setstate__(self, state):
        bytearray(10**12)

@pipeline(data=rows)
def bomb(): return Bomb()
"""
    )
    saved = bench.save("good", "bomb")
    found = bench.load("good", "bomb", sandbox=held, memory=2**30)
    assert found["bomb"]["ending"] == "timed-out"
    assert found["bomb"]["reason"].startswith("in load: out of memory")
    assert_good(found["good"], saved["good"])


def test_a_flood_of_output_fills_nothing(bench: Bench, held: Sandbox) -> None:
    bench.write(GOOD + faulty("[os.write(1, b'x' * 2**20) for _ in range(100)]"))
    saved = bench.save("bad")
    memory = _resident()
    found = bench.load("bad", sandbox=held)
    assert_good(found["bad"], saved["bad"])
    assert _resident() - memory < 64


def test_a_child_that_left_its_session_is_ended(bench: Bench, held: Sandbox) -> None:
    token = f"left-behind-{os.getpid()}-{time.time_ns()}"
    child = "import time; time.sleep(600)"
    daemon = (
        f"subprocess.Popen([sys.executable, '-c', {child!r}, {token!r}], start_new_session=True)"
    )
    bench.write(GOOD + faulty(daemon))
    saved = bench.save("bad")
    found = bench.load("bad", sandbox=held)
    assert_good(found["bad"], saved["bad"])
    assert is_over(token)


def test_a_child_of_what_had_to_be_stopped_is_ended(bench: Bench, held: Sandbox) -> None:
    token = f"left-behind-{os.getpid()}-{time.time_ns()}"
    child = "import time; time.sleep(600)"
    daemon = (
        f"subprocess.Popen([sys.executable, '-c', {child!r}, {token!r}], start_new_session=True)"
    )
    bench.write(GOOD + faulty(f"{daemon}; time.sleep(600)"))
    bench.save("bad")
    found = bench.load("bad", sandbox=held, seconds=5.0)
    assert found["bad"]["ending"] == "timed-out"
    assert is_over(token)


def is_over(token: str) -> bool:
    """Whether no process has a word on its command line any more; what is killed takes a moment."""
    deadline = time.monotonic() + 30
    while _living(token) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not _living(token)


def _living(token: str) -> list[str]:
    """The processes that have a word on their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if token.encode() in (folder / "cmdline").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


def _resident() -> float:
    """The memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_a_look_inside_is_held_too(bench: Bench, held: Sandbox) -> None:
    """What the worker tells of a model is what it tells outside, and a bomb costs its own row."""
    bench.write(
        GOOD
        + """
class Bomb(Model):
    def predict(self, X):
        if self.away():
            bytearray(10**12)
        return super().predict(X)

@pipeline(data=rows)
def bomb(): return Bomb()
"""
    )
    bench.save("good", "bomb")
    pieces = {
        name: {**bench.piece(name), "method": "predict", "allowed": None}
        for name in ("good", "bomb")
    }
    found = bench.run("trace", pieces, sandbox=held, memory=2**30)
    assert found["bomb"]["ending"] == "timed-out"
    outside = bench.run("trace", {"good": pieces["good"]})["good"]
    told = [{**one, "seconds": 0} for one in (found["good"], outside)]
    assert told[0] == told[1]
    assert [call["method"] for call in outside["calls"]] == ["predict"]
