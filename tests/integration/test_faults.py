"""A fault stays where it is: the neighbours' answers are as if it were not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from matrix.executors.jobs import Job
from matrix.executors.pool import Pool
from matrix.executors.worker_process import WORKER, Request, finished

from .bench import Bench

GOOD = """
@pipeline(data=rows)
def good(): return Model()

@pipeline(data=rows)
def also_good(): return Model()
"""

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")


def faulty(body: str) -> str:
    """A pipeline whose ``predict`` does something bad, but only where it was loaded."""
    return f"""
class Faulty(Model):
    def predict(self, X):
        if self.away():
            {body}
        return super().predict(X)

@pipeline(data=rows)
def bad(): return Faulty()
"""


def assert_good(answer: dict[str, object], saved: dict[str, object]) -> None:
    assert answer["outputs"] == saved["outputs"]
    assert answer["repeats"] == {}


@POSIX
@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("os.abort()", "SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("os._exit(7)", "exit code 7"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_dead_interpreter_costs_one_piece(bench: Bench, body: str, how: str) -> None:
    bench.write(GOOD + faulty(body))
    saved = bench.save("good", "bad", "also_good")
    found = bench.load("good", "bad", "also_good")
    assert found["bad"]["ending"] == "crashed"
    assert how in found["bad"]["reason"]
    assert_good(found["good"], saved["good"])
    assert_good(found["also_good"], saved["also_good"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("time.sleep(3600)", "stopped after 3 s without work"),
        ("while True: pass", "stopped after 3 s of processor time"),
    ],
)
def test_what_never_ends_is_stopped_and_costs_one_piece(
    bench: Bench, body: str, reason: str
) -> None:
    bench.write(GOOD + faulty(body))
    saved = bench.save("bad", "good")
    found = bench.load("bad", "good", seconds=3.0)
    assert found["bad"]["ending"] == "timed-out"
    assert found["bad"]["reason"].startswith(reason)
    assert "raise `seconds` in [tool.matrix.limits]" in found["bad"]["reason"]
    assert_good(found["good"], saved["good"])


def test_sys_exit_is_a_failure_like_another(bench: Bench) -> None:
    bench.write(GOOD + faulty("sys.exit(0)"))
    bench.save("bad", "good")
    found = bench.load("bad", "good")
    assert found["bad"]["outputs"]["predict"]["raised"]["type"] == "SystemExit"
    assert "outputs" in found["good"]


def test_a_flood_of_output_is_no_answer(bench: Bench) -> None:
    """What a model prints is evidence, never protocol, even if it looks like it."""
    forged = '{\\"done\\": 0, \\"answer\\": {}}'
    bench.write(GOOD + faulty(f'print("{forged}" * 10000)'))
    saved = bench.save("bad", "good")
    found = bench.load("bad", "good")
    assert_good(found["bad"], saved["bad"])


@POSIX
def test_a_worker_whose_run_was_killed_does_not_stay_for_ever(bench: Bench) -> None:
    """Nobody is there to stop it, and the piece under way never ends."""
    bench.write(GOOD + faulty("time.sleep(3600)"))
    bench.save("bad")
    pieces = [{"id": 0, **bench.piece("bad")}]
    folder = bench.scratch()
    (folder / "request.json").write_text(json.dumps(asked(bench, pieces, parent=os.getpid())))
    done = subprocess.run([sys.executable, WORKER, folder], check=False)
    assert done.returncode == -signal.SIGALRM
    assert '"begin":0' in (folder / "journal.jsonl").read_text()


@POSIX
def test_a_worker_whose_run_was_killed_while_it_started_does_nothing(bench: Bench) -> None:
    """By the time it could look, its parent is another process already."""
    bench.write(GOOD)
    bench.save("good")
    folder = bench.scratch()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    pieces = [{"id": 0, **bench.piece("good")}]
    (folder / "request.json").write_text(json.dumps(asked(bench, pieces, parent=ended.pid)))
    assert subprocess.run([sys.executable, WORKER, folder], check=False).returncode == 0
    journal = folder / "journal.jsonl"
    assert not journal.exists() or '"begin"' not in journal.read_text()


def asked(bench: Bench, pieces: list[dict[str, object]], parent: int) -> dict[str, object]:
    """A request as a run writes it."""
    return {
        "task": "load",
        "paths": [str(bench.folder)],
        "memory": None,
        "parent": parent,
        "expires": 1,
        "pieces": pieces,
    }


def test_a_workers_folder_stays_until_its_answers_can_be_made_durable(bench: Bench) -> None:
    bench.write(GOOD)
    bench.save("good")
    piece = {"id": 0, **bench.piece("good")}
    seen = []

    def on_over() -> None:
        seen.extend(answered.piece for folder in folders for answered in finished(folder))

    folders = []

    def scratch() -> Path:
        folders.append(bench.scratch())
        return folders[-1]

    request = Request(
        executable=Path(sys.executable), task="load", paths=(bench.folder,), pieces=(piece,)
    )
    job = Job(label="test", request=request, on_answer=lambda *_: None)
    Pool(1, scratch, on_over=on_over).run(iter([job]))
    assert seen == [0]
    assert not folders[0].exists()


@POSIX
def test_a_child_that_is_left_behind_holds_nothing_up(bench: Bench) -> None:
    bench.write(GOOD + faulty("subprocess.Popen(['sleep', '600'])"))
    bench.save("bad", "good")
    started = time.monotonic()
    found = bench.load("bad", "good")
    assert time.monotonic() - started < 60
    assert "outputs" in found["bad"]
    assert "outputs" in found["good"]


MEMORY, NO_ROOM = "raise MemoryError('too much')", "raise OSError(errno.ENOSPC, 'No space left')"


@pytest.mark.parametrize(
    ("body", "ending", "reason"),
    [
        (MEMORY, "timed-out", "out of memory: MemoryError: too much"),
        ("np.empty(10**15, dtype='u1')", "timed-out", "out of memory: "),
        (NO_ROOM, "not-run", "the disk is full: OSError: [Errno 28] No space left"),
    ],
)
def test_a_failure_of_the_machine_is_no_answer(
    bench: Bench, body: str, ending: str, reason: str
) -> None:
    """An ending is not kept: the next run tries again."""
    bench.write("import errno" + GOOD + faulty(body))
    saved = bench.save("good", "bad", "also_good")
    found = bench.load("good", "bad", "also_good")
    assert found["bad"]["ending"] == ending
    assert found["bad"]["reason"].startswith(reason)
    assert_good(found["good"], saved["good"])
    assert_good(found["also_good"], saved["also_good"])


@pytest.mark.parametrize(
    ("stage", "body", "ending"),
    [
        ("build", MEMORY, "timed-out"),
        ("fit", MEMORY, "timed-out"),
        ("save", NO_ROOM, "not-run"),
        ("load", NO_ROOM, "not-run"),
    ],
)
def test_a_failure_of_the_machine_is_no_answer_at_any_stage(
    bench: Bench, stage: str, body: str, ending: str
) -> None:
    def at(name: str) -> str:
        return body if name == stage else "pass"

    bench.write(
        f"""
import errno
class Unlucky(Model):
    def fit(self, X, y=None):
        {at("fit")}
        return super().fit(X)
    def __getstate__(self):
        {at("save")}
        return self.__dict__
    def __setstate__(self, state):
        {at("load")}

@pipeline(data=rows)
def bad():
    {at("build")}
    return Unlucky()
"""
    )
    found = bench.save("bad")["bad"]
    if stage == "load":
        found = bench.load("bad")["bad"]
    assert found["ending"] == ending


def test_a_failure_of_the_machine_that_passed_costs_nothing(bench: Bench) -> None:
    once = "open('failed', 'x').close(); raise MemoryError"
    bench.write(
        GOOD + faulty(f"os.chdir({str(bench.folder)!r}); os.path.exists('failed') or once()")
    )
    text = bench.file.read_text() + f"\ndef once():\n    {once}\n"
    bench.file.write_text(text)
    saved = bench.save("bad")
    assert_good(bench.load("bad")["bad"], saved["bad"])


@pytest.mark.parametrize("lost", ["path", "rows"])
def test_a_file_of_the_run_that_is_gone_is_no_effect_of_versions(bench: Bench, lost: str) -> None:
    bench.write(GOOD)
    saved = bench.save("good")["good"]
    piece = bench.piece("good")
    Path(str(piece[lost])).unlink()
    found = bench.run("load", {"good": piece})["good"]
    assert found["ending"] == "not-run"
    assert "No such file" in found["reason"]
    assert "outputs" in saved


@POSIX
def test_a_disk_that_is_full_under_the_worker_is_no_answer(bench: Bench) -> None:
    """Whatever it was about to write: the file it saves, its journal."""
    bench.write(
        """
import resource
from sklearn.tree import DecisionTreeClassifier

class Large(DecisionTreeClassifier):
    def fit(self, X, y=None):
        self.noise_ = np.random.RandomState(0).rand(100000)
        return super().fit(X, y)
    def __getstate__(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))
        return super().__getstate__()

@pipeline(data=rows)
def large(): return Large()

class Chatty(Model):
    def predict(self, X):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        return super().predict(X)

@pipeline(data=rows)
def chatty(): return Chatty()
"""
    )
    found = bench.save("large", "chatty")
    assert {name: answer["ending"] for name, answer in found.items()} == {
        "large": "not-run",
        "chatty": "not-run",
    }
    assert all("File too large" in answer["reason"] for answer in found.values()), found


def test_a_fault_while_fitting_costs_one_pipeline(bench: Bench) -> None:
    bench.write(
        GOOD
        + """
class Breaking(Model):
    def fit(self, X, y=None): raise ValueError("cannot be fitted")

@pipeline(data=rows)
def bad(): return Breaking()

@pipeline(data=rows)
def gone():
    from sklearn import no_such_thing
    return no_such_thing()

@pipeline(data=rows)
def misused():
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression(no_such_parameter=1)

@pipeline(data=rows, since="99.0")
def future(): return Model()

@pipeline(data=rows, until="0.1")
def past(): return Model()
"""
    )
    found = bench.save("bad", "gone", "misused", "future", "past", "good")
    assert found["bad"]["stage"] == "fit"
    assert found["bad"]["raised"]["message"] == "cannot be fitted"
    assert "no_such_thing" in found["gone"]["unavailable"]
    assert "no_such_parameter" in found["misused"]["unavailable"]
    assert found["future"]["unavailable"] == "needs scikit-learn 99.0 or newer"
    assert found["past"]["unavailable"] == "needs scikit-learn 0.1 or older"
    assert "artifacts" in found["good"]


def test_what_cannot_be_pickled_is_not_saved_and_has_outputs_all_the_same(bench: Bench) -> None:
    bench.write(
        """
from sklearn.preprocessing import FunctionTransformer

@pipeline(data=rows)
def anonymous(): return FunctionTransformer(lambda X: X)
"""
    )
    found = bench.save("anonymous")["anonymous"]
    assert "raised" in found["artifacts"]["joblib"]
    assert "digest" in found["outputs"]["transform"]


def test_a_random_state_that_a_call_moves_on_is_no_change(bench: Bench) -> None:
    """Methods are called in two orders; where that matters, each gets a load of its own."""
    bench.write(
        """
class Rolling(Model):
    def fit(self, X, y=None):
        self.random_state_ = np.random.RandomState(0)
        return super().fit(X)
    def predict(self, X): return self.random_state_.rand(len(X))
    def transform(self, X): return X

@pipeline(data=rows)
def rolling(): return Rolling()
"""
    )
    saved = bench.save("rolling")
    assert_good(bench.load("rolling")["rolling"], saved["rolling"])


def test_no_other_methods_are_called_than_those_a_pipeline_names(bench: Bench) -> None:
    bench.write(
        """
@pipeline(data=rows, methods=["predict"])
def modest():
    from sklearn.tree import DecisionTreeClassifier
    return DecisionTreeClassifier(random_state=0)
"""
    )
    saved = bench.save("modest")
    assert set(saved["modest"]["outputs"]) == {"repr", "get_params", "predict"}
    assert_good(bench.load("modest")["modest"], saved["modest"])


def test_memory_that_was_never_written_to_shows_as_loads_that_disagree(bench: Bench) -> None:
    bench.write(
        """
class Dirty(Model):
    def predict(self, X):
        if self.away():
            return np.frombuffer(os.urandom(8 * len(X)), dtype="i8")
        return super().predict(X)

@pipeline(data=rows)
def dirty(): return Dirty()
"""
    )
    bench.save("dirty")
    assert "predict" in bench.load("dirty")["dirty"]["repeats"]


def test_warnings_are_kept_by_class_text_and_stage(bench: Bench) -> None:
    bench.write(GOOD + faulty("import warnings; warnings.warn('beware', FutureWarning)"))
    bench.save("bad")
    assert bench.load("bad")["bad"]["warnings"] == [
        {"category": "FutureWarning", "message": "beware", "stage": "predict"}
    ]


def test_a_damaged_file_is_a_failure_to_load(bench: Bench) -> None:
    bench.write(GOOD)
    saved = bench.save("good")
    path = Path(saved["good"]["artifacts"]["joblib"]["path"])
    path.write_bytes(path.read_bytes()[:40])
    assert "raised" in bench.load("good")["good"]


def test_an_interpreter_that_does_not_start_answers_every_piece(bench: Bench) -> None:
    bench.write(GOOD)
    bench.save("good", "also_good")
    (bench.folder / "sklearn.py").write_text("raise ImportError('broken')")
    # The pipelines' folder comes last on the path, so this file hides nothing.
    assert "outputs" in bench.load("good")["good"]
