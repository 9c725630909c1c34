"""Shows how far environments are resolved and built, on lines of their own."""

from __future__ import annotations

import time

from matrix.engine import selfcheck
from matrix.engine.estimate import BUILD
from matrix.environments import BuildStep
from matrix.report.progress import Progress
from matrix.report.sizes import size_text
from matrix.store import Store

_RESOLVING = "resolving"
_BUILDING = "building"


class BuildProgress:
    """Shows the steps of building, except for the planted environment, which cannot be built.

    Args:
        progress: where to.
        store: has the duration of earlier builds, for estimates.
        jobs: how many are built at once.
    """

    def __init__(self, progress: Progress, store: Store | None = None, jobs: int = 1) -> None:
        self._progress = progress
        rate = None if store is None else store.rates().get((BUILD, ""))
        self._expected = None if rate is None else rate / jobs
        self._jobs = jobs
        self._started: float | None = None
        self._seconds = 0.0
        self._under_way: set[str] = set()
        self._built = 0
        self._resolving = 0

    def tell(self, step: BuildStep) -> None:
        """Show a step."""
        if step.phase == "announced":
            self._announce(step)
        elif step.environment == selfcheck.UNBUILDABLE.id:
            self._planted(step)
        elif step.phase == "resolving":
            self._resolving += 1
            self._progress.more(_RESOLVING, 1)
        elif step.phase == "building":
            self._begin(step.environment)
            self._progress.more(_BUILDING, 1, expected=self._expected)
        else:
            self._over(step)

    def _announce(self, step: BuildStep) -> None:
        several = "environments" if step.count > 1 else "environment"
        self._progress.note(
            f"{step.count} {several} to build, about {size_text(step.size)} on disk"
        )

    def _planted(self, step: BuildStep) -> None:
        """Only its time counts."""
        if step.phase == "building":
            self._begin(step.environment)
        elif step.phase in ("ready", "unavailable"):
            self._end(step.environment)

    def _over(self, step: BuildStep) -> None:
        if step.phase == "unavailable":
            self._progress.note(f"{step.environment} is unavailable: {step.text}")
        if step.environment not in self._under_way:
            self._resolved(step.environment)
            return
        self._end(step.environment)
        self._progress.advance(
            under_way=", ".join(sorted(self._under_way)),
            failed=int(step.phase == "unavailable"),
            stage=_BUILDING,
        )

    def _resolved(self, environment: str) -> None:
        """Count a resolved environment; ``latest`` becomes several, or one that is there anyway."""
        if self._resolving:
            self._resolving -= 1
        else:
            self._progress.more(_RESOLVING, 1)
        self._progress.advance(under_way=environment, stage=_RESOLVING)

    def _begin(self, environment: str) -> None:
        if not self._under_way:
            self._started = time.monotonic()
        self._under_way.add(environment)

    def _end(self, environment: str) -> None:
        if environment not in self._under_way:
            return
        self._under_way.discard(environment)
        self._built += 1
        if not self._under_way and self._started is not None:
            self._seconds += time.monotonic() - self._started

    def end(self, store: Store) -> None:
        """Close the lines, and store how long building took, for the estimates of later runs."""
        self._progress.more(_RESOLVING, -self._resolving)
        self._resolving = 0
        if self._built:
            store.keep_rates({(BUILD, ""): self._seconds * self._jobs / self._built})
