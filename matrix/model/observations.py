"""What an environment reports: what was saved, loaded and returned in it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model.evidence import Evidence
from matrix.model.own_tables import OwnColumn


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An exception, as the environment that raised it reported it."""

    type: str
    """The class, with its module unless that is ``builtins``."""
    message: str
    traceback: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """A returned value, identified by the digest of its content."""

    digest: str
    whole: bool = True
    """False if the value contains objects that are not plain data: the digest leaves them out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """The model does not have the method."""

    message: str = ""


Outcome = Returned | Failure | Absent
"""How one call ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningSeen:
    """A warning that was issued while loading or predicting."""

    category: str
    message: str
    stage: str
    """``load``, or the name of the method."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnTable:
    """The environment's own table of the rows, and what the methods return for it."""

    pandas: str
    """The version that made it."""
    columns: tuple[OwnColumn, ...] = ()
    """The first columns that differ from the given rows."""
    columns_left_out: int = 0
    """The number of further columns that differ."""
    outputs: Mapping[str, Outcome] = field(default_factory=dict)
    """By method, without ``repr`` and ``get_params``."""
    warnings: tuple[WarningSeen, ...] = ()


FilePart = tuple[tuple[str, object], ...]
"""The steps from the object in a file to a model in it, each a kind and a name, a number or further
steps; see ``matrix/worker/compat_worker/bundle_parts.py``. Empty: the object itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """A file that a writer saved from a pipeline in a format."""

    pipeline: str
    format: str
    writer: str
    sha256: str
    size: int
    """In bytes."""
    part: FilePart | None = None
    """Where in the file the model is; None for files of reference pipelines."""
    seconds: float | None = None
    """Processor time to save it; None for files of users."""


class Ending(str, enum.Enum):
    """How a task in an environment ended."""

    FINISHED = "finished"
    CRASHED = "crashed"
    """The interpreter died."""
    TIMED_OUT = "timed-out"
    """It exceeded its limit of time or memory and was stopped."""
    NOT_RUN = "not-run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Saving:
    """What a writer reports of one pipeline: the reference that readers are compared with."""

    pipeline: str
    writer: str
    ending: Ending = Ending.FINISHED
    unavailable: str = ""
    """Why the pipeline is not available in this environment; empty if it is."""
    reason: str = ""
    """For an ending that is not ``finished``: the signal by name, the limit."""
    stage: str = ""
    """Where it ended early: ``build``, ``fit``, ``save``, ``rows``, ``use``; of a model that was
    saved elsewhere, ``load``; else empty."""
    failure: Failure | None = None
    """What was raised there."""
    artifacts: Mapping[str, Artifact | Failure | str] = field(default_factory=dict)
    """By format: the file, the exception that saving raised, or why the format is not
    available."""
    rows: str = ""
    """Digest of the rows that the outputs are computed on."""
    source: str = ""
    """Digest of what the rows were made of, if another pandas may make another table of it: the
    CSV file, or plain values. Empty if that is what the rows themselves hold."""
    rows_by_source: Mapping[str, int] = field(default_factory=dict)
    """Number of rows by source, as in :class:`Evidence`; empty for a model saved elsewhere."""
    truth: str = ""
    """Digest of the true answers for the first rows; empty if there are none."""
    outputs: Mapping[str, Outcome] = field(default_factory=dict)
    """By method, recorded from the fitted object, not from the file."""
    own: OwnTable | None = None
    """None if the writer makes the same table of the rows' plain values."""
    only: bool = False
    """The pipeline's file lists the methods to call; readers call only these."""
    estimators: tuple[str, ...] = ()
    """Full names of the classes of the model and of the estimators in it; its own comes first."""
    warnings: tuple[WarningSeen, ...] = ()
    seconds: float = 0.0
    evidence: Evidence | None = None
    """How much the rows would notice; None if that was not measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What a reader reports of one artifact."""

    ending: Ending = Ending.FINISHED
    reason: str = ""
    """For an ending that is not ``finished``: the signal by name, the limit."""
    unavailable: str = ""
    """Why nothing was loaded: the format or the rows are not available in the reader."""
    load: Failure | None = None
    """What loading raised; None if it loaded."""
    outputs: Mapping[str, Outcome] = field(default_factory=dict)
    """By method, ``repr`` and ``get_params`` among them, from a fresh load."""
    repeats: Mapping[str, Outcome] = field(default_factory=dict)
    """Outputs of a second fresh load that differ from the first."""
    own: OwnTable | None = None
    """None if the reader makes the same table of the rows' plain values."""
    warnings: tuple[WarningSeen, ...] = ()
    seconds: float = 0.0
    load_seconds: float | None = None
    """Processor time of the quickest of several loads; None if it did not load."""
    cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReference:
    """The reference outputs of a user's model in its origin, and their rows."""

    saving: Saving
    """The reference that readers are compared with; its one artifact is the model's file."""
    mistake: str = ""
    """For the user: the error in the data, or why there are no rows; empty otherwise."""
    made: Mapping[str, int] = field(default_factory=dict)
    """Number of rows by kind (for people), in the order of the rows."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Number of rows by kind that were made and dropped because the model rejects them."""
    n_rows: int = 0
    fewer: tuple[str, int, int] | None = None
    """``features`` or ``outputs``, their number, and how many rows of each kind were therefore made
    at most; None if there were enough rows."""
    unfit: str = ""
    """Why rows were made for this part of a file, although the user gave some; empty otherwise."""
    features: tuple[str, ...] | None = None
    """The names of the columns that the model was fitted on, if they had names."""
    repeats: Mapping[str, Outcome] = field(default_factory=dict)
    """Outputs of a second fresh load that differ from the first: the model itself is unstable."""
    expected: Mapping[str, int | None] = field(default_factory=dict)
    """By method, the number of rows in which the expected outputs given by the user differ from
    those of the model in its origin; None if the shapes differ. ``saving`` has the given ones."""
