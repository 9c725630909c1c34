"""Jobs start in free slots, and the crash of a worker affects one piece of work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from matrix.executors import pool
from matrix.executors.jobs import Job, Jobs, first_of
from matrix.executors.pool import Pool
from matrix.executors.worker_process import Answered, Ended, Request, Started
from matrix.model import Ending


def job(label: str) -> Job:
    request = Request(executable=Path("python"), task="load", paths=(), pieces=({"id": 0},))
    return Job(label=label, request=request, on_answer=lambda *_: None)


def source(*labels: str | None) -> Iterator[Job | None]:
    yield from (None if label is None else job(label) for label in labels)


def labels(jobs: Jobs) -> list[str | None]:
    return [None if one is None else one.label for one in jobs]


def test_the_first_source_with_a_job_gives_it() -> None:
    assert labels(first_of(source("a", "b"), source("c"))) == ["a", "b", "c"]


def test_a_source_without_a_job_just_now_lets_others_go_first() -> None:
    assert labels(first_of(source(None, "a"), source("b", "c"))) == ["b", "a", "c"]


def test_without_a_ready_job_in_any_source_none_is_returned() -> None:
    assert labels(first_of(source(None, "a"), source(None))) == [None, "a"]


def test_without_sources_there_are_no_jobs() -> None:
    assert labels(first_of()) == []


# --------------------------------------------------------------------------- workers that end early


@dataclass
class Ends:
    """Workers that answer their pieces but end at some of them, and what was started.

    Attributes:
        at: how many more times a worker ends when it comes to this piece.
        before: how many more workers end before they begin any piece.
    """

    at: dict[int, int] = field(default_factory=dict)
    before: int = 0
    started: list[list[int]] = field(default_factory=list)
    removed: int = 0

    def worker(self, request: Request, *_: object) -> _Worker:
        self.started.append([piece["id"] for piece in request.pieces])
        return _Worker(self, request)


@dataclass
class _Worker:
    ends: Ends
    request: Request

    def poll(self) -> Iterator[Started | Answered | Ended]:
        if self.ends.before:
            self.ends.before -= 1
            yield _ended(None)
            return
        yield Started(seconds=0.5)
        for piece in self.request.pieces:
            number = piece["id"]
            if self.ends.at.get(number):
                self.ends.at[number] -= 1
                yield _ended(number)
                return
            yield Answered(piece=number, answer={"piece": number}, contents={})
        yield Ended(complete=True, piece=None, ending=Ending.FINISHED, reason="")

    def close(self) -> None:
        self.ends.removed += 1

    def end(self) -> None:
        raise AssertionError("nothing is under way when a pool has finished")


def _ended(piece: int | None) -> Ended:
    return Ended(complete=False, piece=piece, ending=Ending.CRASHED, reason="SIGSEGV")


def answers_of(
    ends: Ends, monkeypatch: pytest.MonkeyPatch, *numbers: int, alone: bool = False
) -> dict[int, dict[str, Any]]:
    """What each piece of one job is answered."""
    found: dict[int, dict[str, Any]] = {}

    def on_answer(number: int, answer: dict[str, Any], _: object) -> None:
        assert number not in found, "two answers to one piece"
        found[number] = answer

    monkeypatch.setattr(pool, "Worker", ends.worker)
    request = Request(
        executable=Path("python"),
        task="load",
        paths=(),
        pieces=tuple({"id": number} for number in numbers),
    )
    one = Job(label="test", request=request, on_answer=on_answer, alone=alone)
    Pool(1, Path).run(iter([one]))
    return found


CRASHED = {"ending": "crashed", "reason": "SIGSEGV"}


def test_a_piece_that_ended_a_worker_is_tried_once_more_in_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = Ends(at={1: 1})
    found = answers_of(ends, monkeypatch, 0, 1, 2)
    assert found == {number: {"piece": number} for number in range(3)}
    assert ends.started == [[0, 1, 2], [2], [1]]
    assert ends.removed == 3


def test_a_piece_that_ends_two_workers_has_crashed_and_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = Ends(at={1: 99})
    found = answers_of(ends, monkeypatch, 0, 1, 2)
    assert found == {0: {"piece": 0}, 1: CRASHED, 2: {"piece": 2}}
    assert ends.started == [[0, 1, 2], [2], [1]]


def test_several_pieces_that_end_their_workers_cost_one_retry_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = Ends(at={0: 99, 2: 1})
    found = answers_of(ends, monkeypatch, 0, 1, 2)
    assert found == {0: CRASHED, 1: {"piece": 1}, 2: {"piece": 2}}
    assert sorted(map(tuple, ends.started)) == [(0,), (0, 1, 2), (1, 2), (2,)]


def test_a_piece_that_is_alone_from_the_beginning_is_tried_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = Ends(at={0: 99})
    assert answers_of(ends, monkeypatch, 0, alone=True) == {0: CRASHED}
    assert ends.started == [[0]]


def test_a_worker_that_does_not_begin_is_started_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = Ends(before=1)
    assert answers_of(ends, monkeypatch, 0, 1) == {0: {"piece": 0}, 1: {"piece": 1}}
    assert ends.started == [[0, 1], [0, 1]]


def test_pieces_are_not_run_with_a_reason_if_no_worker_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = Ends(before=99)
    found = answers_of(ends, monkeypatch, 0, 1)
    answer = {"ending": "not-run", "reason": "the worker did not start (SIGSEGV)"}
    assert found == {0: answer, 1: answer}
    assert ends.started == [[0, 1], [0, 1]]
