"""A fault stays where it is: the neighbours' answers are as if it were not there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

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
    ("body", "signal"),
    [
        ("os.abort()", "SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("os._exit(7)", "exit code 7"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_dead_interpreter_costs_one_piece(bench: Bench, body: str, signal: str) -> None:
    bench.write(GOOD + faulty(body))
    saved = bench.save("good", "bad", "also_good")
    found = bench.load("good", "bad", "also_good")
    assert found["bad"]["ending"] == "crashed"
    assert signal in found["bad"]["reason"]
    assert_good(found["good"], saved["good"])
    assert_good(found["also_good"], saved["also_good"])


def test_what_never_ends_is_stopped_and_costs_one_piece(bench: Bench) -> None:
    bench.write(GOOD + faulty("time.sleep(3600)"))
    saved = bench.save("bad", "good")
    started = time.monotonic()
    found = bench.load("bad", "good", seconds=3.0)
    assert time.monotonic() - started < 30
    assert found["bad"] == {"ending": "timed-out", "reason": "stopped after 3 s"}
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
def test_a_child_that_is_left_behind_holds_nothing_up(bench: Bench) -> None:
    bench.write(GOOD + faulty("subprocess.Popen(['sleep', '600'])"))
    bench.save("bad", "good")
    started = time.monotonic()
    found = bench.load("bad", "good")
    assert time.monotonic() - started < 60
    assert "outputs" in found["bad"]
    assert "outputs" in found["good"]


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
    assert found["past"]["unavailable"] == "gone since scikit-learn 0.1"
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


def test_a_pipeline_that_names_its_methods_is_asked_for_no_others(bench: Bench) -> None:
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
