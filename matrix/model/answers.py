"""What an upgrade check answers of a saved model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model.differences import RowChange
from matrix.model.evidence import Evidence
from matrix.model.verdicts import Group


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
