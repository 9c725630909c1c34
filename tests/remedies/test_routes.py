"""Bridges are tried in order, each step is compared, and only a safe route is returned."""

from __future__ import annotations

import time

import pytest

from matrix.model import EnvSpec, Fix, Verdict
from matrix.remedies import Budget, Subject
from matrix.remedies.routes import find_route

from .conftest import BAD, SAFE, World, environment


def specs(*releases: str) -> list[EnvSpec]:
    return [environment(release).spec for release in releases]


def test_the_first_bridge_that_leads_there_is_taken(ends: Subject) -> None:
    good = {("original", "1.3"), ("original", "1.2"), ("original>1.2", "1.9.0")}
    world = World(lambda file, release: SAFE if (file, release) in good else BAD)
    found = find_route(world.experiment, ends, specs("1.5", "1.3", "1.2"), Budget())
    assert found.file is not None
    assert [step.environment.spec.label for step in found.file.steps] == ["1.2"]
    assert found.cell is not None
    assert found.cell.verdict is SAFE
    assert found.tried == (
        "by 1.5: there it is load-failed (load: ValueError)",
        "by 1.3: saved again there, it is load-failed (load: ValueError)",
    )


def test_two_bridges_where_one_does_not_do(ends: Subject) -> None:
    good = {("original", "1.2"), ("original>1.2", "1.5"), ("original>1.2>1.5", "1.9.0")}
    world = World(lambda file, release: SAFE if (file, release) in good else BAD)
    found = find_route(world.experiment, ends, specs("1.5", "1.2"), Budget())
    assert found.file is not None
    assert [step.environment.spec.label for step in found.file.steps] == ["1.2", "1.5"]
    assert "by 1.5: there it is load-failed (load: ValueError)" in found.tried


def test_a_bridge_that_changes_the_outputs_is_rejected(ends: Subject) -> None:
    """Though what is saved there would load where it goes."""
    changed = Verdict.LABELS_CHANGED
    world = World(lambda file, release: SAFE if ">" in file else changed)
    found = find_route(world.experiment, ends, specs("1.5", "1.2"), Budget())
    assert found.file is None
    assert world.loads == [("original", "1.5"), ("original", "1.2")]


@pytest.mark.parametrize("verdict", [v for v in Verdict if not v.safe])
def test_a_route_that_is_not_safe_at_its_end_is_rejected(ends: Subject, verdict: Verdict) -> None:
    world = World(lambda _, release: verdict if release == "1.9.0" else SAFE)
    assert find_route(world.experiment, ends, specs("1.5", "1.2"), Budget()).file is None


def test_the_number_of_tries_is_limited(ends: Subject) -> None:
    world = World(lambda _, release: BAD if release == "1.9.0" else SAFE)
    few = find_route(world.experiment, ends, specs("1.5", "1.4", "1.3"), Budget(environments=2))
    assert {release for _, release in world.loads} == {"1.5", "1.4", "1.9.0"}
    assert len(few.tried) == 2  # who is in a bridge already gains nothing by another before it
    world.loads.clear()
    find_route(world.experiment, ends, specs("1.5", "1.4"), Budget(hops=1))
    assert {file.count(">") for file, _ in world.loads} == {0, 1}
    world.loads.clear()
    late = Budget(seconds=1.0, started=time.monotonic() - 2)
    tried = ("by 1.5: not tried in the time for this search",)
    assert find_route(world.experiment, ends, specs("1.5"), late).tried == tried
    assert world.loads == []


def test_missing_parameters_are_set_at_the_end_of_a_route_and_on_the_way(ends: Subject) -> None:
    """A very old model may need new names first, and a parameter then."""
    lacking = (Fix(path=(), name="positive", value=False),)
    verdicts = {
        ("original", "1.9.0"): BAD,
        ("original", "1.2"): SAFE,
        ("original>1.2", "1.9.0"): Verdict.USE_FAILED,
        ("original>1.2>1.9.0>positive", "1.9.0"): SAFE,
    }
    world = World(lambda file, release: verdicts[file, release], lacking=lacking)
    found = find_route(world.experiment, ends, specs("1.2"), Budget())
    assert found.file is not None
    assert [step.fixes for step in found.file.steps] == [(), lacking]

    verdicts = {
        ("original", "1.2"): Verdict.USE_FAILED,
        ("original>1.2>positive", "1.2"): SAFE,
        ("original>1.2>positive", "1.9.0"): SAFE,
    }
    world = World(lambda file, release: verdicts[file, release], lacking=lacking)
    found = find_route(world.experiment, ends, specs("1.2"), Budget())
    assert found.file is not None
    assert [step.fixes for step in found.file.steps] == [lacking]

    verdicts["original>1.2>positive", "1.2"] = Verdict.USE_FAILED
    world = World(lambda file, release: verdicts[file, release], lacking=lacking)
    found = find_route(world.experiment, ends, specs("1.2"), Budget())
    assert found.file is None
    assert found.tried == (
        "by 1.2: there it is use-failed; setting positive=False: still use-failed",
    )
