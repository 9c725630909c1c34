"""The environments of a plan are divided among shards by the time that they take."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up import environment

from matrix.engine.plan import EnvironmentWork, Plan, divided
from matrix.engine.shares import FILE, Division, divide, read_division
from matrix.errors import CannotTellError, UsageError


def test_the_longest_environments_are_in_different_shards() -> None:
    seconds = {"a": 1.0, "b": 4.0, "c": 1.0, "d": 4.0, "e": 2.0}
    shares = divide(seconds, 2)
    assert shares == (("b", "e"), ("a", "c", "d"))
    assert [sum(seconds[name] for name in share) for share in shares] == [6.0, 6.0]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_environment_is_in_one_shard_and_no_shard_is_empty(count: int) -> None:
    seconds = {f"e{number}": number % 3 + 0.001 for number in range(5)}
    shares = divide(seconds, count)
    assert len(shares) == count
    assert all(shares)
    assert sorted(name for share in shares for name in share) == sorted(seconds)


def plan(*seconds: float | None) -> Plan:
    works = (
        EnvironmentWork(environment=environment(f"1.{number}"), seconds=one)
        for number, one in enumerate(seconds)
    )
    return Plan(shares=tuple(works), seconds=None, digest="p")


def test_a_plan_with_a_folder_divides_by_measured_times_and_leaves_that_there(
    tmp_path: Path,
) -> None:
    shares = divided(plan(6.0, 9.0, 2.0, 9.0, 3.0), 2, tmp_path)
    assert shares == (
        ("sklearn-1.0", "sklearn-1.1"),
        ("sklearn-1.2", "sklearn-1.3", "sklearn-1.4"),
    )
    assert read_division(tmp_path, "p", 2) == Division(shares=shares)


def test_without_measured_times_every_nth_environment_is_in_a_shard(tmp_path: Path) -> None:
    unknown = plan(1.0, None, 2.0)
    assert divided(unknown, 2, tmp_path) == divided(unknown, 2)


def test_a_division_of_another_plan_or_number_is_refused(tmp_path: Path) -> None:
    divided(plan(1.0, 2.0, 3.0), 2, tmp_path)
    with pytest.raises(UsageError, match="of another plan"):
        read_division(tmp_path, "q", 2)
    with pytest.raises(UsageError, match="divides the work into 2, not 3"):
        read_division(tmp_path, "p", 3)


@pytest.mark.parametrize("text", ["", "[]", '{"plan": "p"}', '{"plan": "p", "shares": 1}'])
def test_a_damaged_division_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(CannotTellError, match="is damaged"):
        read_division(tmp_path, "p", 2)


def test_a_folder_without_a_division_has_none(tmp_path: Path) -> None:
    assert read_division(tmp_path, "p", 2) is None
