"""What is shown of environments that are resolved and built."""

from __future__ import annotations

from pathlib import Path

from matrix.cli.build_progress import BuildProgress
from matrix.engine import selfcheck
from matrix.environments import BuildStep
from matrix.environments.prepare import Phase
from matrix.environments.size_estimate import estimated_size
from matrix.model import Interpreter, Lock
from matrix.report.progress import Progress


class Notes(Progress):
    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def _noted(self, text: str) -> None:
        self.notes.append(text)


def shown(*steps: tuple[str, Phase]) -> tuple[dict[str, tuple[int, int | None, int]], list[str]]:
    """By stage, what is done, the total and what failed; and the notes."""
    progress = Notes()
    with progress:
        build = BuildProgress(progress)
        for environment, phase in steps:
            build.tell(BuildStep(environment=environment, phase=phase, text="no wheel"))
    stages = progress.stages.items()
    return {name: (one.done, one.total, one.failed) for name, one in stages}, progress.notes


def test_only_what_is_built_counts_as_building() -> None:
    stages, notes = shown(
        *(("a", "resolving"), ("b", "resolving"), ("c", "resolving")),
        *(("a", "resolved"), ("b", "resolved"), ("c", "unavailable")),
        *(("b", "building"), ("b", "ready")),
    )
    assert stages == {"resolving": (3, 3, 0), "building": (1, 1, 0)}
    assert notes == ["c is unavailable: no wheel"]


def test_an_environment_that_cannot_be_built_has_failed() -> None:
    stages, notes = shown(*(("a", "resolving"), ("a", "resolved")), *_built("a", "unavailable"))
    assert stages["building"] == (1, 1, 1)
    assert notes == ["a is unavailable: no wheel"]


def test_later_environments_are_added() -> None:
    stages, _ = shown(*_built("a", "ready"), *_built("b", "ready"), ("c", "building"))
    assert stages["building"] == (2, 3, 0)


def test_the_newest_release_may_be_several_environments() -> None:
    stages, _ = shown(*(("latest", "resolving"), ("1.9", "resolved"), ("1.10", "resolved")))
    assert stages["resolving"] == (2, 2, 0)


def test_the_planted_environment_is_not_shown() -> None:
    planted = selfcheck.UNBUILDABLE.id
    assert shown((planted, "resolving"), *_built(planted, "unavailable")) == ({}, [])


def _built(environment: str, end: Phase) -> tuple[tuple[str, Phase], tuple[str, Phase]]:
    return (environment, "building"), (environment, end)


def test_the_size_is_announced() -> None:
    progress = Notes()
    BuildProgress(progress).tell(BuildStep(phase="announced", count=3, size=912 * 10**6))
    assert progress.notes == ["3 environments to build, about 912 MB on disk"]


def test_the_size_is_that_of_the_packages() -> None:
    """319 MB were measured for these on disk; uv shares most of it with its cache."""
    assert estimated_size([_lock("scikit-learn", "numpy", "scipy", "pandas", "joblib")]) == (
        322_500_000
    )


def _lock(*names: str) -> Lock:
    interpreter = Interpreter(path=Path("python"), version="3.10.4")
    return Lock(pins=dict.fromkeys(names, "1.0"), interpreter=interpreter, as_of=None)
