"""What is asked of a model, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from matrix.errors import Exit, MatrixError
from matrix.inspection import Inspection
from matrix.model import Cell, Environment, EnvSpec, RowChange
from matrix.sandbox.kinds import Sandbox


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Why nothing can be told of a model."""

    message: str
    """What is wrong, in words."""
    advice: str = ""
    """What to do about it."""
    exit_code: Exit = Exit.CANNOT_TELL
    """``USAGE`` where it lies in what was asked: the file, the data, a requirement."""

    @classmethod
    def of(cls, error: MatrixError) -> Problem:
        """What an error says."""
        return cls(message=error.message, advice=error.advice, exit_code=error.exit_code)


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One saved model of the user's, as its file shows it; nothing of it has been run."""

    id: str
    """Its path, as it was given."""
    path: Path
    inspection: Inspection | None = None
    """What is in it; None if that cannot be told."""
    problem: Problem | None = None
    notes: tuple[str, ...] = ()
    """What is worth a line of the file itself."""

    @property
    def format(self) -> str:
        """The format that loads it; empty if that cannot be told."""
        return "" if self.inspection is None else self.inspection.container


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeQuestion:
    """A model, the environment that it comes from, and those that it may go to."""

    model: Model
    origin: EnvSpec
    targets: tuple[EnvSpec, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RowCounts:
    """What a model was asked for its outputs on."""

    made: Mapping[str, int] = field(default_factory=dict)
    """How many rows of which kind, in words, in the order of the rows."""
    n: int = 0
    """How many in all."""
    digest: str = ""
    """Of their content in the store."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What became of a model in one environment."""

    environment: Environment
    cell: Cell
    worst: tuple[RowChange, ...] = ()
    """Of the method that decided: the rows that changed most, the worst first."""

    @property
    def release(self) -> str:
        """The release of scikit-learn there."""
        return release_of(self.environment)


@dataclass(frozen=True, kw_only=True, slots=True)
class SafeRange:
    """Between which releases a model may go, of those that were run."""

    run: tuple[str, ...]
    """The releases that were run without a gap of anything but safe, origin included, ascending."""
    first_bad: Target | None = None
    """The first above that range that is not safe, or is not known to be."""
    last_bad: Target | None = None
    """The last below it."""
    exact: bool = False
    """There is no release between the highest safe one and the first bad one."""

    @property
    def highest(self) -> str:
        """The highest safe release."""
        return self.run[-1]

    @property
    def pin(self) -> str:
        """The requirement to write, such as ``scikit-learn>=1.3.2,<1.8``."""
        upper = f"<={self.highest}"
        if self.exact and self.first_bad is not None:
            upper = f"<{_short(self.first_bad)}"
        elif self.run[0] == self.highest:
            return f"scikit-learn=={self.highest}"
        return f"scikit-learn>={self.run[0]},{upper}"


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeAnswer:
    """All that is known of one model."""

    model: Model
    origin: Environment | None = None
    problem: Problem | None = None
    rows: RowCounts = RowCounts()
    targets: tuple[Target, ...] = ()
    """In the order of the question; the origin itself is the first."""
    range: SafeRange | None = None
    """None where the targets are no releases in a row, or the origin itself is not safe."""
    notes: tuple[str, ...] = ()
    sandbox: Sandbox | None = None
    """What held the model while it was asked; None if it was not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeResult:
    """The answers of one upgrade check."""

    started: datetime
    finished: datetime
    environments: tuple[Environment, ...]
    answers: tuple[UpgradeAnswer, ...]


def release_of(environment: Environment) -> str:
    """The release of scikit-learn in an environment, as exactly as it is known; empty if not."""
    if environment.info is not None:
        return environment.info.packages.get("scikit-learn", "")
    if environment.lock is not None:
        return environment.lock.pins.get("scikit-learn", "")
    asked = environment.spec.scikit_learn
    return asked if asked[:1].isdigit() else ""


def _short(bad: Target) -> str:
    """The release, or its line where it is the first of it."""
    return bad.release.removesuffix(".0") if bad.release.count(".") == 2 else bad.release
