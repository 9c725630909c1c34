"""Made-up observations; contents come from the worker's own encoder, so both halves are tried."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from matrix.judge import Case, judge
from matrix.model import (
    Absent,
    Artifact,
    Cell,
    Failure,
    Observation,
    Outcome,
    Returned,
    Saving,
    Tolerance,
)

WORKER = Path(__file__).parents[2] / "matrix" / "worker"


@pytest.fixture(scope="session")
def encode() -> Iterator[Callable[[Any], bytes]]:
    """The worker's encoder, imported as the worker imports it."""
    sys.path.insert(0, str(WORKER))
    from compat_worker import content

    yield content.encode
    sys.path.remove(str(WORKER))


class Bench:
    """Judges cells of which only the outputs matter."""

    def __init__(self, encode: Callable[[Any], bytes]) -> None:
        self._encode = encode
        self.contents: dict[str, bytes] = {}

    def outcome(self, value: Any) -> Outcome:
        """An exception is raised, ``Absent`` is absent, anything else is returned."""
        if isinstance(value, Failure | Absent):
            return value
        if isinstance(value, Exception):
            return Failure(type=type(value).__name__, message=str(value))
        import hashlib

        data = self._encode(value)
        digest = hashlib.sha256(data).hexdigest()
        self.contents[digest] = data
        return Returned(digest=digest)

    def outcomes(self, values: dict[str, Any]) -> dict[str, Outcome]:
        return {name: self.outcome(value) for name, value in values.items()}

    def saving(self, outputs: dict[str, Any], truth: Any = None, **other: Any) -> Saving:
        artifact = Artifact(pipeline="p", format="joblib", writer="w", sha256="0", size=1)
        found = self.outcome(truth) if truth is not None else None
        return Saving(
            pipeline="p",
            writer="w",
            artifacts={"joblib": artifact},
            rows="rows",
            truth=found.digest if isinstance(found, Returned) else "",
            outputs=self.outcomes(outputs),
            **other,
        )

    def judge(
        self,
        before: dict[str, Any],
        after: dict[str, Any],
        *,
        repeats: dict[str, Any] | None = None,
        native: dict[str, Any] | None = None,
        truth: Any = None,
        tolerance: Tolerance = Tolerance(),  # noqa: B008 (frozen)
        saving: Saving | None = None,
        methods: tuple[str, ...] = (),
        only: tuple[str, ...] = (),
        scored: bool = False,
        **observed: Any,
    ) -> Cell:
        case = Case(
            saving=saving or self.saving(before, truth),
            format="joblib",
            reader="r",
            observation=Observation(
                outputs=self.outcomes(after), repeats=self.outcomes(repeats or {}), **observed
            ),
            native=None if native is None else self.saving(native),
            scored=scored,
            methods=methods,
            only=only,
        )
        return judge(case, self.contents.__getitem__, lambda _: tolerance)


@pytest.fixture
def bench(encode: Callable[[Any], bytes]) -> Bench:
    return Bench(encode)
