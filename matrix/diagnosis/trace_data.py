"""What is seen inside a model, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model import Ending, Failure, Outcome, OutputDifference

NamePath = tuple[str, ...]
"""The names that lead from the model to an estimator inside it; empty for the model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """What an estimator holds under a name."""

    type: str
    """Its class, with the module unless that is ``builtins``."""
    dtype: str = ""
    shape: tuple[int, ...] | None = None
    shown: str = ""
    """A short text of the value itself; of arrays, its least and its largest number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedPart:
    """An estimator in the model, as it was loaded."""

    path: NamePath
    kind: str
    """Its class, with the module."""
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedClass:
    """A class, as it is in the environment."""

    parameters: Mapping[str, str]
    """By name, the default as text; empty without one."""
    uses: frozenset[str] = frozenset()
    """Attributes that its code needs when it is used."""
    asks: frozenset[str] = frozenset()
    """Attributes that its code reads only where they are there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedValue:
    """What a call was given, or returned."""

    digest: str
    """Empty if it cannot be told."""
    kept: bool = True
    """Its content can be had by the digest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedCall:
    """One call of an output method of a part."""

    part: TracedPart
    method: str
    depth: int
    """How many calls it was made inside of."""
    given: TracedValue
    ended: TracedValue | Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """What one environment saw inside a file, and on one method's way through it."""

    method: str = ""
    """Empty if none was followed."""
    parts: tuple[TracedPart, ...] = ()
    """The model first, outer ones before what they hold."""
    parts_left_out: int = 0
    kinds: Mapping[str, TracedClass] = field(default_factory=dict)
    calls: tuple[TracedCall, ...] = ()
    """In the order in which they ended."""
    calls_left_out: int = 0
    outcome: Outcome | None = None
    """Of the method, watched."""
    untraced: Outcome | None = None
    """Of the method on a fresh load that nobody watched."""
    load: Failure | None = None
    """What loading raised; None if it loaded."""
    unavailable: str = ""
    """Why the environment cannot be asked."""
    ending: Ending = Ending.FINISHED
    reason: str = ""
    """For an ending that is not ``finished``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Divergence:
    """The first step that goes another way in the reader, although it was given the same."""

    path: NamePath
    kind: str
    method: str
    difference: OutputDifference | None = None
    """How what it returns differs; None if it raises."""
    failure: Failure | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StateChange:
    """An attribute that is not the same on both sides."""

    path: NamePath
    kind: str
    name: str
    before: Attribute | None
    """As the writer loads it; for what the reader's own is compared with, as the file has it.
    None if it is not there."""
    after: Attribute | None
    """As the reader loads it, or as the reader's own has it; None if it is not there."""
    read: bool = False
    """The reader's code speaks of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Orphan:
    """A parameter that the file carries and the reader's class does not know any more."""

    path: NamePath
    kind: str
    name: str
    value: str
    by_default: bool = False
    """It has the value that the writer's class gives it: nobody has chosen it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """What the reader's class knows, and the file lacks."""

    path: NamePath
    kind: str
    name: str
    parameter: bool
    """A parameter; else an attribute that the reader's code reads."""
    default: str = ""
    """Of a parameter, in the reader."""
    needed: bool = True
    """The reader's code reads it when it is used; else only where it is there, and goes on without,
    or, of a parameter, only to show or copy the estimator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """What the file holds of a class that a failing load speaks of."""

    path: NamePath
    kind: str
    name: str
    """The attribute; empty if it is the estimator itself."""
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """Where a file goes wrong in a reader, and what differs inside it there."""

    first: Divergence | None = None
    states: tuple[StateChange, ...] = ()
    """Between the same file in the writer and in the reader."""
    own: tuple[StateChange, ...] = ()
    """Between the file in the reader and what the reader itself makes of the same pipeline."""
    orphans: tuple[Orphan, ...] = ()
    missing: tuple[Missing, ...] = ()
    unread: tuple[StateChange, ...] = ()
    """Attributes that the writer's code reads, and the reader's does not any more."""
    holders: tuple[Holder, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be looked at, and what is odd."""
