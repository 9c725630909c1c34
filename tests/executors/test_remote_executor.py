"""Pieces on machines of a cluster: each gets one answer, whatever happens to the machines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from made_up import environment

from matrix.errors import CannotTellError
from matrix.executors import remote_executor
from matrix.executors.cluster import TaskState
from matrix.executors.executor import RunHooks
from matrix.executors.jobs import Job
from matrix.executors.portable import PortableRequest
from matrix.executors.remote_executor import RemoteExecutor
from matrix.executors.worker_process import Request
from matrix.model import Ending

ENVIRONMENT = environment("1.5")
Outcome = TaskState | Mapping[str, Any]
"""What becomes of a task: how it ended without a result, or its result."""
Machine = Callable[[dict[str, Any]], Outcome]


@dataclass(eq=False)
class Task:
    machine: str
    outcome: Outcome
    cancelled: bool = False

    @property
    def state(self) -> TaskState:
        return self.outcome if isinstance(self.outcome, TaskState) else TaskState.FINISHED

    def result(self) -> tuple[str, Mapping[str, Any]]:
        assert not isinstance(self.outcome, TaskState)
        return self.machine, self.outcome

    def reason(self) -> str:
        return "KilledWorker: three machines died"

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class MadeUpCluster:
    """Machines that are functions of the body of a request."""

    there: dict[str, Machine]
    name: str = "the cluster"
    tasks: list[Task] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def machines(self) -> Mapping[str, int]:
        return dict.fromkeys(self.there, 2)

    def submit(self, request: PortableRequest, machines: Collection[str]) -> Task:
        name = sorted(machines)[len(self.tasks) % len(machines)]
        self.bodies.append(request.body)
        self.tasks.append(Task(name, self.there[name](request.body)))
        return self.tasks[-1]

    def close(self) -> None:
        pass


def working(body: dict[str, Any]) -> Mapping[str, Any]:
    answers = [[piece["id"], {"seconds": 0.1}, {}, {}] for piece in body["pieces"]]
    return {"answers": answers, "started": 1.0}


class Answers:
    """The answers of a job of some loads, by piece."""

    def __init__(self, pieces: int, task: str = "load") -> None:
        assert ENVIRONMENT.info is not None
        self.found: dict[int, list[Mapping[str, Any]]] = {}
        self.request = Request(
            executable=ENVIRONMENT.info.executable,
            task=task,
            paths=(),
            pieces=tuple({"id": number, "format": "joblib"} for number in range(pieces)),
        )

    def job(self) -> Job:
        def on_answer(number: int, answer: dict[str, Any], _: Mapping[str, bytes]) -> None:
            self.found.setdefault(number, []).append(answer)

        return Job(label="a job", request=self.request, on_answer=on_answer)

    def run(self, cluster: MadeUpCluster) -> list[str]:
        """Run it; return how each piece ended, in order."""
        executor = RemoteExecutor(cluster, [ENVIRONMENT])
        executor.run(iter([self.job()]), RunHooks(scratch=Path))
        assert sorted(self.found) == list(range(len(self.request.pieces)))
        assert all(len(answers) == 1 for answers in self.found.values())
        return [str(self.found[n][0].get("ending", "done")) for n in sorted(self.found)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_executor, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(remote_executor, "_LOOK_SECONDS", 0.0)
    monkeypatch.setitem(remote_executor.CHUNKS, "load", 4)


def test_a_job_goes_in_chunks_to_all_machines() -> None:
    cluster = MadeUpCluster({"a": working, "b": working})
    assert set(Answers(10).run(cluster)) == {"done"}
    assert [len(body["pieces"]) for body in cluster.bodies] == [4, 4, 2]
    assert {task.machine for task in cluster.tasks} == {"a", "b"}


def test_a_machine_that_refuses_gets_no_more_and_others_do_its_work() -> None:
    asked = []

    def refusing(body: dict[str, Any]) -> Mapping[str, Any]:
        asked.append(body)
        return {"refused": "the platform is Linux aarch64 instead of Linux x86_64"}

    cluster = MadeUpCluster({"a": refusing, "b": working})
    assert set(Answers(40).run(cluster)) == {"done"}
    assert len(asked) <= 4  # those that were under way at once


def test_if_every_machine_refuses_the_reasons_are_told() -> None:
    cluster = MadeUpCluster(dict.fromkeys("ab", lambda _: {"refused": "it has no Python 3.12.1"}))
    with pytest.raises(CannotTellError, match="no machine of the cluster") as raised:
        Answers(3).run(cluster)
    assert "a: it has no Python 3.12.1" in raised.value.advice


@pytest.mark.parametrize("outcome", [TaskState.LOST, {"failed": "the disk is full"}])
def test_a_chunk_that_is_lost_or_fails_is_tried_again(outcome: Outcome) -> None:
    outcomes: Iterator[Outcome] = iter([outcome])
    cluster = MadeUpCluster({"a": lambda body: next(outcomes, working(body))})
    assert Answers(3).run(cluster) == ["done"] * 3
    assert len(cluster.tasks) == 2


@pytest.mark.parametrize("outcome", [TaskState.LOST, {"failed": "the disk is full"}])
def test_what_no_machine_finishes_is_not_run(outcome: Outcome) -> None:
    """Never crashed or failed: it was not the model's fault."""
    cluster = MadeUpCluster({"a": lambda _: outcome})
    assert Answers(3).run(cluster) == [Ending.NOT_RUN.value] * 3
    assert len(cluster.tasks) <= 3


def test_a_piece_that_kills_machines_costs_itself_alone() -> None:
    def dying(body: dict[str, Any]) -> Outcome:
        return TaskState.KILLED if any(one["id"] == 5 for one in body["pieces"]) else working(body)

    found = Answers(10).run(MadeUpCluster({"a": dying}))
    assert [number for number, ending in enumerate(found) if ending != "done"] == [5]
    assert found[5] == Ending.NOT_RUN.value


def test_machines_that_cannot_run_any_work_end_the_run() -> None:
    """Such as without this package."""
    cluster = MadeUpCluster({"a": lambda _: TaskState.FAILED})
    with pytest.raises(CannotTellError, match="cannot run the work"):
        Answers(3).run(cluster)


def test_answers_that_arrive_damaged_or_not_at_all_are_asked_for_again() -> None:
    good = {hashlib.sha256(b"x").hexdigest(): b"x"}
    bad = {hashlib.sha256(b"x").hexdigest(): b"y"}
    first = {"answers": [[0, {}, good, {}], [1, {}, bad, {}]], "started": None}
    outcomes: Iterator[Outcome] = iter([first])
    cluster = MadeUpCluster({"a": lambda body: next(outcomes, working(body))})
    assert Answers(3).run(cluster) == ["done"] * 3
    assert [[piece["id"] for piece in body["pieces"]] for body in cluster.bodies] == [
        [0, 1, 2],
        [1, 2],
    ]


def test_a_saved_file_is_where_a_worker_of_this_machine_would_have_left_it(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"a model").hexdigest()
    answer = {"artifacts": {"joblib": {"sha256": digest}}}
    answers = Answers(1, "save")
    answers.request.pieces[0]["folder"] = str(tmp_path / "0")
    found = {"answers": [[0, answer, {}, {"joblib": b"a model"}]], "started": None}
    answers.run(MadeUpCluster({"a": lambda _: found}))
    path = Path(answers.found[0][0]["artifacts"]["joblib"]["path"])
    assert path.parent == tmp_path / "0"
    assert path.read_bytes() == b"a model"


def test_an_interruption_cancels_what_is_under_way() -> None:
    cluster = MadeUpCluster({"a": lambda _: TaskState.RUNNING})

    def interrupted(_: tuple[str, ...]) -> None:
        raise KeyboardInterrupt

    executor = RemoteExecutor(cluster, [ENVIRONMENT])
    hooks = RunHooks(scratch=Path, on_turn=interrupted)
    with pytest.raises(KeyboardInterrupt):
        executor.run(iter([Answers(9).job()]), hooks)
    assert cluster.tasks
    assert all(task.cancelled for task in cluster.tasks)


def test_a_cluster_without_a_machine_is_an_error() -> None:
    with pytest.raises(CannotTellError, match="the cluster has no worker"):
        RemoteExecutor(MadeUpCluster({}), [])


def test_a_cluster_that_stays_without_machines_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_executor, "_PATIENCE_SECONDS", -1.0)
    cluster = MadeUpCluster({"a": working})
    executor = RemoteExecutor(cluster, [ENVIRONMENT])
    cluster.there.clear()
    with pytest.raises(CannotTellError, match="has had no worker"):
        executor.run(iter([Answers(1).job()]), RunHooks(scratch=Path))
