"""What an environment reports: what was saved, loaded and returned in it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An exception, as it was seen in the environment that raised it."""

    type: str
    """The class, with its module unless that is ``builtins``."""
    message: str
    traceback: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """What a method returned, by the digest of its content."""

    digest: str
    whole: bool = True
    """False if the value holds objects that are no plain data, which the digest says nothing of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """The model has no such method, and says so itself."""

    message: str = ""


Outcome = Returned | Failure | Absent
"""How one call ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningSeen:
    """A warning that came while loading or using."""

    category: str
    message: str
    stage: str
    """``load``, or the name of the method."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """A file that a writer saved from a pipeline in a format."""

    pipeline: str
    format: str
    writer: str
    sha256: str
    size: int
    """In bytes."""


class Ending(str, enum.Enum):
    """How a piece of work in an environment ended."""

    FINISHED = "finished"
    CRASHED = "crashed"
    """The interpreter died."""
    TIMED_OUT = "timed-out"
    """It was stopped: time or memory."""
    NOT_RUN = "not-run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Saving:
    """What a writer reports of one pipeline: the reference that readers are compared with."""

    pipeline: str
    writer: str
    ending: Ending = Ending.FINISHED
    unavailable: str = ""
    """Why this environment cannot have the pipeline; empty if it can."""
    reason: str = ""
    """For an ending that is not ``finished``: the signal by name, the limit."""
    stage: str = ""
    """Where it ended early: ``build``, ``fit``, ``save``, ``rows``, ``use``; of a model that was
    saved elsewhere, ``load``; else empty."""
    failure: Failure | None = None
    """What was raised there."""
    artifacts: Mapping[str, Artifact | Failure | str] = field(default_factory=dict)
    """By format: the file, the exception that saving raised, or why the format is not to be had."""
    rows: str = ""
    """Digest of the rows that outputs are computed on."""
    truth: str = ""
    """Digest of the true answers for the first of these rows; empty without any."""
    outputs: Mapping[str, Outcome] = field(default_factory=dict)
    """By method, recorded from the fitted object, not from the file."""
    only: bool = False
    """The pipeline's file names the methods to call: readers call no others."""
    estimators: tuple[str, ...] = ()
    """Full names of the classes of the model and of the estimators in it; its own comes first."""
    warnings: tuple[WarningSeen, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What a reader reports of one artifact."""

    ending: Ending = Ending.FINISHED
    reason: str = ""
    """For an ending that is not ``finished``: the signal by name, the limit."""
    unavailable: str = ""
    """Why the reader cannot be asked: the format is not to be had there, or the rows are not."""
    load: Failure | None = None
    """What loading raised; None if it loaded."""
    outputs: Mapping[str, Outcome] = field(default_factory=dict)
    """By method, ``repr`` and ``get_params`` among them, from a fresh load."""
    repeats: Mapping[str, Outcome] = field(default_factory=dict)
    """The same from a second fresh load, where it differed from the first."""
    warnings: tuple[WarningSeen, ...] = ()
    seconds: float = 0.0
    cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReference:
    """What a model that was saved elsewhere does where it comes from, and on which rows."""

    saving: Saving
    """The reference that readers are compared with; its one artifact is the model's file."""
    mistake: str = ""
    """In words for the user, what is wrong with the data, or why there are no rows; else empty."""
    made: Mapping[str, int] = field(default_factory=dict)
    """How many rows there are of each kind, in words, in the order of the rows."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many rows of each kind were made and left out, since the model does not take them."""
    n_rows: int = 0
    features: tuple[str, ...] | None = None
    """The names of the columns that the model was fitted on, if they had names."""
    repeats: Mapping[str, Outcome] = field(default_factory=dict)
    """Outputs of a second fresh load that differ from the first: the model is unstable itself."""
    expected: Mapping[str, int | None] = field(default_factory=dict)
    """By method, in how many rows the outputs that were given differ from what the model returns
    where it comes from; None if they have another shape. These outputs are in ``saving``."""
