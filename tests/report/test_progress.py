"""Progress: calm lines in a log, a picture on a terminal, and nothing where it is turned off."""

from __future__ import annotations

import io
import re
import threading
from contextlib import suppress

import pytest
from rich.console import Console

from matrix.report.open_progress import open_progress
from matrix.report.progress import PlainProgress, Progress, duration
from matrix.report.terminal.live_progress import LiveProgress


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_plain_lines_come_now_and_then_and_at_the_end_of_each_stage() -> None:
    """A thousand steps in twelve seconds are two lines and an end."""
    clock, stream = Clock(), io.StringIO()
    with PlainProgress(stream, every=5, clock=clock) as progress:
        progress.stage("saving", 1200)
        progress.estimate(180)
        for step in range(1200):
            clock.now += 0.01
            progress.advance(1, f"pipeline {step}", failed=step % 400 == 0)
        progress.note("sklearn-0.21 is not available")
    assert stream.getvalue() == (
        "saving: 500 of 1,200, 2 failed, 5.0 s, about 3 min 0 s left (pipeline 499)\n"
        "saving: 1,000 of 1,200, 3 failed, 10 s, about 3 min 0 s left (pipeline 999)\n"
        "saving: 1,200, 3 failed, 12 s\n"
        "sklearn-0.21 is not available\n"
    )


def test_an_interrupted_stage_shows_its_progress() -> None:
    """An interrupted run keeps and shows what was finished."""
    stream = io.StringIO()
    with suppress(KeyboardInterrupt), PlainProgress(stream, clock=Clock()) as progress:
        progress.stage("loading", 9)
        progress.advance(4)
        raise KeyboardInterrupt
    assert stream.getvalue() == "loading: 4 of 9, 0.0 s\n"


def advance_often(progress: Progress, stage: str) -> None:
    for _ in range(1000):
        progress.advance(stage=stage)


def test_stages_may_overlap_and_threads_may_report_together() -> None:
    """Loading begins before all is saved; no step is lost."""
    with Progress() as progress:
        progress.stage("saving", 4000)
        progress.stage("loading", 4000)
        threads = [
            threading.Thread(target=advance_often, args=(progress, name))
            for name in ("saving", "loading") * 4
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [stage.done for stage in progress.stages.values()] == [4000, 4000]
        assert all(stage.ended for stage in progress.stages.values())


def test_a_stage_may_learn_its_total_later() -> None:
    """And counts on from where it was."""
    with Progress() as progress:
        progress.stage("loading")
        progress.advance(3)
        progress.stage("loading", 10)
        progress.advance(2)
        assert (progress.stages["loading"].done, progress.stages["loading"].total) == (5, 10)


def test_foreign_text_stays_on_its_line() -> None:
    """Names come from models: no escape or line break of theirs reaches the terminal."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with PlainProgress(stream, every=0, clock=Clock()) as progress:
        progress.stage("sav\ning", 2)
        progress.advance(1, "\x1b[2J\nnext é")
        progress.note("a\x00b\nc")
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    assert buffer.getvalue().decode() == (
        "sav ing: 1 of 2, 0.0 s (\\x1b[2J next \\xe9)\na\\x00b c\nsav ing: 1 of 2, 0.0 s\n"
    )


def test_a_stage_that_goes_on_after_a_pause_counts_only_the_time_at_work() -> None:
    """As in a search, which builds and checks one release after another."""
    clock, stream = Clock(), io.StringIO()
    with PlainProgress(stream, every=20, clock=clock) as progress:
        for pause in (0, 60):
            clock.now += pause
            progress.more("building", 1)
            clock.now += 4
            progress.advance(stage="building")
        stage = progress.stages["building"]
        assert (stage.done, stage.total, stage.seconds(clock.now)) == (2, 2, 8)
        progress.more("building", 3)
        clock.now += 1
        assert stage.seconds_left(clock.now) == 13.5, "two took 9 s so far, so three take 13.5 s"
    assert stream.getvalue() == (
        "building: 1, 4.0 s\nbuilding: 2, 8.0 s\nbuilding: 2 of 5, 9.0 s\n"
    )


def test_before_the_first_piece_earlier_runs_tell_how_long_it_takes() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.more("building", 4, expected=10)
    clock.now += 15
    assert progress.stages["building"].seconds_left(clock.now) == 25
    clock.now += 30
    assert progress.stages["building"].seconds_left(clock.now) is None, "it was wrong"


def test_a_log_shows_the_first_answers_of_many() -> None:
    stream = io.StringIO()
    with PlainProgress(stream, clock=Clock()) as progress:
        for number in range(50):
            progress.answered(f"model {number}: safe")
    assert stream.getvalue().splitlines() == [f"model {number}: safe" for number in range(10)]


def test_little_or_much_may_be_shown() -> None:
    quiet, much = io.StringIO(), io.StringIO()
    for verbosity, stream in ((-1, quiet), (1, much)):
        with open_progress(verbosity, stream) as progress:
            progress.stage("loading", 2)
            for name in ("a", "b"):
                progress.advance(0, name)
                progress.advance(0, name)
                progress.advance(1, name)
    assert quiet.getvalue() == ""
    assert re.sub(r"[\d.]+ s", "…", much.getvalue()).splitlines() == [
        *("loading: 0 of 2, … (a)", "loading: 1 of 2, … (a)"),
        *("loading: 1 of 2, … (b)", "loading: 2, …"),
    ]


PICTURE = """\
  environments  ━━━━━━━━━━━━━━━━━━━━  16 of 16  8.0 s
  loading       ━━━━━───────────────  2,500 of 10,000  12 failed  4.0 s  svc […
  about 2 min 10 s left
"""


def test_the_picture_on_a_terminal() -> None:
    """One line per stage; the current work is cut to fit."""
    clock = Clock()
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    progress = LiveProgress(io.StringIO(), clock, console)
    progress.stage("environments", 16)
    clock.now += 8
    progress.advance(16)
    progress.stage("loading", 10_000)
    clock.now += 4
    progress.advance(2500, "svc [b]x[/b] 1.2 into 1.3", failed=12)
    progress.estimate(130)
    with console.capture() as capture:
        console.print(progress.render())
    assert capture.get() == PICTURE


def test_the_display_ends_with_the_run() -> None:
    """The cursor is shown again, whatever happened."""
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True)
    progress = LiveProgress(stream, Clock(), console)
    with suppress(KeyboardInterrupt), progress:
        progress.stage("loading", 9)
        progress.note("a \x1b[2J note [bold]")
        raise KeyboardInterrupt
    assert stream.getvalue().rstrip().endswith("\x1b[?25h")
    assert "a \\x1b[2J note [bold]" in stream.getvalue()


def test_a_stream_that_is_no_terminal_gets_lines() -> None:
    """Logs are for reading."""
    assert isinstance(open_progress(stream=io.StringIO()), PlainProgress)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((-1, "0.0 s"), (0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (60, "1 min 0 s")),
        *((59.7, "1 min 0 s"), (3599.6, "1 h 0 min"), (7260, "2 h 1 min")),
    ],
)
def test_durations_have_readable_units(seconds: float, said: str) -> None:
    """No sixty seconds, no sixty minutes."""
    assert duration(seconds) == said
