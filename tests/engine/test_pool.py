"""Jobs are begun as there is room for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matrix.engine.pool import Job, Jobs, first_of
from matrix.engine.worker_process import Request


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


def test_where_no_source_has_one_there_is_none_just_now() -> None:
    assert labels(first_of(source(None, "a"), source(None))) == [None, "a"]


def test_no_source_is_no_job() -> None:
    assert labels(first_of()) == []
