"""A worker is stopped at its limit, whatever the load of the machine."""

from __future__ import annotations

import pytest

from matrix.executors.deadline import BUSY, Deadline, Stop
from matrix.model import Ending
from matrix.processor_time import Usage


class Machine:
    """A clock, and a process on it that gets as much of the processor as we say."""

    def __init__(self) -> None:
        self.now = self.used = self.asleep = 0.0
        self.marked = Usage(0.0, 0.0)

    def clock(self) -> float:
        return self.now

    def look(self) -> Usage:
        return Usage(self.used - self.marked.seconds, self.asleep - self.marked.asleep)

    def mark(self) -> None:
        self.marked = Usage(self.used, self.asleep)

    def goes_on(self, seconds: float, *, used: float = 0.0, asleep: float = 0.0) -> None:
        self.now += seconds
        self.used += used
        self.asleep += asleep


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def deadline(machine: Machine) -> Deadline:
    return Deadline(machine, 60.0, machine.clock)  # type: ignore[arg-type]


@pytest.mark.parametrize("load", [1, 2, 10, 30])
def test_the_same_work_is_allowed_at_any_load(
    machine: Machine, deadline: Deadline, load: int
) -> None:
    machine.goes_on(50.0 * load, used=50.0)
    assert deadline.stop() is None


@pytest.mark.parametrize("load", [1, 2, 10, 30])
def test_the_same_endless_work_is_stopped_at_any_load_with_the_same_words(
    machine: Machine, deadline: Deadline, load: int
) -> None:
    machine.goes_on(61.0 * load, used=61.0)
    assert deadline.stop() == Stop(
        ending=Ending.TIMED_OUT,
        reason="stopped after 60 s of processor time: raise `seconds` in [tool.matrix.limits]",
    )


def test_a_sleeping_worker_is_stopped_with_another_reason_than_a_busy_one(
    machine: Machine, deadline: Deadline
) -> None:
    machine.goes_on(62.0, used=0.2, asleep=61.0)
    stop = deadline.stop()
    assert stop is not None
    assert stop.ending is Ending.TIMED_OUT
    assert stop.reason.startswith(
        "stopped after 60 s without work (0.2 s of processor time used): raise"
    )


def test_an_overloaded_machine_is_never_blamed_on_a_model(
    machine: Machine, deadline: Deadline
) -> None:
    machine.goes_on(60.0 * BUSY + 1, used=2.0)
    stop = deadline.stop()
    assert stop is not None
    assert stop.ending is Ending.NOT_RUN
    assert "too busy: 2.0 s of processor time used in 3601 s" in stop.reason


def test_each_piece_has_the_whole_limit(machine: Machine, deadline: Deadline) -> None:
    machine.goes_on(59.0, used=59.0)
    deadline.allow(60.0)
    machine.goes_on(59.0, used=59.0)
    assert deadline.stop() is None
    machine.goes_on(2.0, used=2.0)
    assert deadline.stop() is not None


def test_the_reason_names_the_stage(machine: Machine, deadline: Deadline) -> None:
    deadline.allow(5.0, "after its answer, because it did not end")
    machine.goes_on(6.0, asleep=6.0)
    stop = deadline.stop()
    assert stop is not None
    assert "5 s without work after its answer, because it did not end" in stop.reason
