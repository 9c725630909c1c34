"""Processor time of real processes; the clock is ours, so that no test waits on the wall clock."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from matrix import processor_time
from matrix.processor_time import Meter

Start = Callable[[str], "subprocess.Popen[str]"]
"""Starts Python code, and returns when it has written its first line."""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


SPIN = "import time\nwhile time.process_time() < {seconds}: pass\nprint(1, flush=True)\ninput()"
CHILD = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}])"


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(code: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        return process

    yield start
    for process in started:
        process.communicate("")


@pytest.mark.parametrize("code", [SPIN, CHILD.format(code=SPIN.format(seconds=0.3))])
def test_what_a_process_or_its_child_has_used_is_counted(start: Start, code: str) -> None:
    process = start(code.format(seconds=0.3))
    assert Meter(process.pid).look().seconds >= 0.29


def test_only_what_came_after_a_mark_is_counted(start: Start) -> None:
    meter = Meter(start(SPIN.format(seconds=0.3)).pid)
    meter.mark()
    assert meter.look().seconds < 0.1


def test_what_a_living_child_had_used_before_a_mark_is_not_counted(start: Start) -> None:
    meter = Meter(start(CHILD.format(code=SPIN.format(seconds=0.3))).pid)
    meter.look()
    meter.mark()
    assert meter.look().seconds < 0.1


def test_marks_of_a_process_without_children_do_not_search_for_any(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker is marked at every piece, and a search may read every process of the machine."""
    searches: list[int] = []
    descendants = processor_time._descendants
    monkeypatch.setattr(
        processor_time,
        "_descendants",
        lambda process: searches.append(process.pid) or descendants(process),
    )
    meter = Meter(start(SPIN.format(seconds=0.3)).pid)
    meter.look()
    for _ in range(100):
        meter.mark()
    assert len(searches) == 1
    assert meter.look().seconds < 0.1


@pytest.mark.parametrize("lists", [True, False], ids=["listed by Linux", "searched for"])
def test_children_of_children_are_found(
    start: Start, monkeypatch: pytest.MonkeyPatch, lists: bool
) -> None:
    if lists and not processor_time._lists_children():
        pytest.skip("this system does not list the children of a process")
    monkeypatch.setattr(processor_time, "_lists_children", lambda: lists)
    process = start(CHILD.format(code=CHILD.format(code=SPIN.format(seconds=0.3))))
    assert len(processor_time._descendants(psutil.Process(process.pid))) == 2
    assert Meter(process.pid).look().seconds >= 0.29


def test_a_process_that_waits_for_input_is_asleep(start: Start) -> None:
    clock = Clock()
    process = start(SPIN.format(seconds=0))
    meter = Meter(process.pid, clock)
    while meter.look().asleep == 0.0:  # it may still be on its way to its input
        clock.now += 10.0
    before = meter.look().asleep
    clock.now += 50.0
    assert meter.look().asleep == before + 50.0


def test_a_process_that_works_is_not_asleep_however_long_it_takes() -> None:
    clock = Clock()
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        meter = Meter(busy.pid, clock)
        while meter.look().seconds < 0.05:
            clock.now += 1000.0
        meter.mark()
        while meter.look().seconds < 0.05:
            clock.now += 1000.0
        assert meter.look().asleep == 0.0
    finally:
        busy.kill()
        busy.wait()


def test_a_process_that_has_ended_has_used_what_it_had_used() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    meter = Meter(process.pid)
    assert meter.look().seconds == 0.0
