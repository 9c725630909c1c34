"""What an upgrade check answers of a saved model."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model.differences import RowChange
from matrix.model.evidence import Evidence
from matrix.model.verdicts import Group, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class PassedOver:
    """A file or folder in a given folder that was not checked, because it is not a model."""

    path: str
    """As it was found below the given folder."""
    what: str
    """What it is instead, with its article, such as ``a picture``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageReleases:
    """The releases of a library beside scikit-learn, tried while all else stays."""

    package: str
    pin: str = ""
    """The recommended requirements; empty if there are none."""
    safe: tuple[str, ...] = ()
    """The releases that were tested and are safe, ascending."""
    limited: tuple[str, ...] = ()
    """The releases within that range where only ``repr`` or ``get_params`` fails, ascending."""
    first_bad: str = ""
    """The first later release that predicts differently, fails or is unknown; empty if none."""
    impossible: tuple[str, ...] = ()
    """Releases that cannot be installed beside the scikit-learn of the origin."""


class NextStepKind(str, enum.Enum):
    """What a next step does."""

    MIGRATE = "migrate"
    """Convert the file."""
    SET = "set"
    """Set attributes after loading."""
    PIN = "pin"
    """Keep the releases that are safe."""
    OPTION = "option"
    """Add options to the command, or run another one, for an answer."""
    READ = "read"
    """An explanation, without a line to paste."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NextStep:
    """What to do about a model that is not safe, or has no answer."""

    kind: NextStepKind
    text: str
    """What it does, for people."""
    paste: str = ""
    """A line to paste whole; empty if there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseOutcome:
    """Consecutive releases in which the same happens to a model."""

    name: str
    """The releases, for people: ``1.4.0 to 1.8.0``."""
    readers: tuple[str, ...]
    """The ids of their environments, ascending."""
    group: Group
    text: str
    """What happens there."""
    origin: bool = False
    """Whether the first of them saved the model."""
    responsible: str = ""
    """Which package beside scikit-learn is responsible; empty if none is known to be."""
    advice: tuple[NextStep, ...] = ()
    """Its known cause, and what to do about that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingAnswer:
    """What of a model of Keras is the same in one environment; None: it was not compared."""

    same_predictions: bool
    same_loss: bool | None = None
    """The loss and the metrics."""
    training_state_kept: bool | None = None
    """The optimizer with its step and its variables."""
    same_next_step: bool | None = None
    """The loss of one further step of training, and the predictions after it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelAnswer:
    """The answer of an upgrade check for one saved model; its cells are the evidence."""

    model: str
    """The id of its pipeline."""
    sha256: str
    """The SHA-256 of its file; empty if the file could not be read."""
    origin: str
    """The id of its origin; empty if unknown."""
    group: Group
    """The worst group of its targets; unknown if there is no answer."""
    answer: str
    """One line for people."""
    problem: str = ""
    """Why there is no answer; empty if there is one."""
    options: tuple[str, ...] = ()
    """Options that the command needs for an answer, each with its value."""
    pin: str = ""
    """The recommended requirement; empty if there is none."""
    safe: tuple[str, ...] = ()
    """The releases that were tested and are safe, ascending."""
    limited: tuple[str, ...] = ()
    """The releases within that range where only ``repr`` or ``get_params`` fails, ascending."""
    first_bad: str = ""
    """The first later release that predicts differently, fails or is unknown; empty if none."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Number of compared rows by kind."""
    worst: Mapping[str, tuple[RowChange, ...]] = field(default_factory=dict)
    """By environment, the rows with the largest changes."""
    sandbox: str = ""
    """The sandbox and what it restricts, for people; empty if the model was not loaded."""
    first_gate_only: str = ""
    """Where only the inspection guarded a load, and why; empty if the second gate worked too."""
    evidence: Evidence | None = None
    """The rows and how much they would notice; None if that was not measured."""
    scored_on: tuple[str, ...] = ()
    """The rows with a known truth, in sentences: their number by class, and what so few or so
    uneven ones cannot show. Empty if no truth is known."""
    training: Mapping[str, TrainingAnswer] = field(default_factory=dict)
    """Of a model of Keras, by environment in which its outputs were compared."""
    packages: tuple[PackageReleases, ...] = ()
    """For each known library beside scikit-learn whose releases were tried."""
    next_steps: tuple[NextStep, ...] = ()
    """What to do, the most promising first; empty if every target is safe."""
    outcomes: tuple[ReleaseOutcome, ...] = ()
    """What happens in each range of releases, ascending."""
    tested: tuple[str, ...] = ()
    """Sentences that list the releases that were tested, and those that were left out."""
    not_run: tuple[str, ...] = ()
    """Lines between two releases in which the same is wrong, ascending: ``1.5``. They were not run,
    and nothing is known of them."""
    notes: tuple[str, ...] = ()
    """Notes about the file, its origin and its targets."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JointAnswer:
    """The answer of an upgrade check for all its models together."""

    group: Group
    """The worst group of all models; unknown if one has no answer and none is bad."""
    answer: str
    """One line for people."""
    range: str = ""
    """With which releases all models are safe, and the pin, for people; empty if targets were named
    and all of them are safe, or no release is."""
    target: str = ""
    """The newest release that was run, or the only target; empty if several were named."""
    unsafe: tuple[str, ...] = ()
    """The ids of the models that change or fail with the target; with several, with any."""
    limited: tuple[str, ...] = ()
    """Those that predict the same there, but fail in ``repr`` or ``get_params``."""
    unanswered: tuple[str, ...] = ()
    """Those that are unknown there."""
    safe: tuple[str, ...] = ()
    """The releases that were run with every model that has an answer, and are safe for all of
    these, consecutive and ascending."""
    pin: str = ""
    """The requirement that holds for all of these; empty if there is none."""
    releases: tuple[str, ...] = ()
    """The columns of the grid, ascending; a line (``1.5``) that no model was run with is one."""
    grid: Mapping[str, tuple[Verdict | None, ...]] = field(default_factory=dict)
    """By model, its verdict with each of these releases; None if it was not run there."""
